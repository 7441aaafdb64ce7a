package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// look is one look at the catalogue.
type look struct {
	facts     Facts
	published []uint32 // oids of all tables, selected or not
	// missing are tables that are wanted and not published.
	missing []string
	// at is an LSN behind everything that the look has seen.
	at lsn.LSN
}

// schemasFrom is the version from which a server can publish whole schemas.
const schemasFrom = 150000

// tablesSQL describes each table under whose name changes are published, as JSON that
// is read into a Table. A row of pg_publication_tables has columns that only newer
// servers know, so it is read as JSON. It takes no lock on any table.
const tablesSQL = `
SELECT pg_catalog.jsonb_build_object(
	'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname,
	'identity', c.relreplident, 'last', c.relnatts, 'membership', p.membership,
	'primary', (SELECT pg_catalog.jsonb_agg(u.num ORDER BY u.place)
		FROM pg_catalog.pg_index i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY u (num, place)
		WHERE i.indrelid = c.oid AND i.indisprimary AND u.place <= i.indnkeyatts),
	'index', (SELECT pg_catalog.jsonb_agg(u.num ORDER BY u.num)
		FROM pg_catalog.pg_index i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY u (num, place)
		WHERE i.indrelid = c.oid AND i.indisreplident AND u.place <= i.indnkeyatts),
	'columns', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
			'num', a.attnum, 'name', a.attname, 'type', a.atttypid::bigint, 'modifier', a.atttypmod, 'version', a.xmin::text,
			'filled', EXISTS (SELECT FROM pg_catalog.pg_attribute l
				WHERE l.attrelid = ANY (f.oids) AND l.attname = a.attname AND l.atthasmissing AND NOT l.attisdropped)
		) ORDER BY a.attnum)
		FROM pg_catalog.pg_attribute a
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'
		  AND (a.attgenerated = '' OR pg_catalog.current_setting('server_version_num')::int >= 180000)
		  AND (p.columns IS NULL OR p.columns ? a.attname::text)),
	'parts', f.parts)::text
FROM (
	SELECT t.schemaname, t.tablename, (pg_catalog.array_agg(pg_catalog.to_jsonb(t) -> 'attnames'))[1] AS columns,
	       pg_catalog.string_agg(m.text, ';' ORDER BY t.pubname) AS membership
	FROM pg_catalog.pg_publication_tables t
	JOIN pg_catalog.pg_publication b ON b.pubname = t.pubname
	CROSS JOIN LATERAL (
		SELECT pg_catalog.concat_ws(',', b.oid, pg_catalog.md5(pg_catalog.to_jsonb(t) ->> 'rowfilter'),
			(SELECT pg_catalog.string_agg(r.oid::text, ',' ORDER BY r.oid)
			 FROM pg_catalog.pg_publication_rel r
			 JOIN pg_catalog.pg_class x ON x.relname = t.tablename
			 JOIN pg_catalog.pg_namespace s ON s.oid = x.relnamespace AND s.nspname = t.schemaname
			 WHERE r.prpubid = b.oid AND (r.prrelid = x.oid
			       OR r.prrelid IN (SELECT relid::oid FROM pg_catalog.pg_partition_ancestors(x.oid) g (relid)))),
			%s) AS text
	) m
	WHERE t.pubname = ANY ($1)
	GROUP BY t.schemaname, t.tablename
) p
JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
CROSS JOIN LATERAL (
	SELECT pg_catalog.array_agg(l.oid) AS oids,
	       pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('oid', l.oid::bigint, 'file', l.relfilenode::bigint) ORDER BY l.oid) AS parts
	FROM pg_catalog.pg_class l
	WHERE l.relkind <> 'p' AND (l.oid = c.oid
	      OR l.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid::pg_catalog.regclass)))
) f`

// schemaSQL is what says that a table's schema is published, where servers can do so.
const schemaSQL = `(SELECT o.oid FROM pg_catalog.pg_publication_namespace o
	JOIN pg_catalog.pg_namespace s ON s.oid = o.pnnspid WHERE o.pnpubid = b.oid AND s.nspname = t.schemaname)`

// missingSQL lists the permanent tables of the users that are not published, partitions
// left out: they go with their root.
const missingSQL = `
SELECT n.nspname::text, c.relname::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND c.oid <> ALL ($1::oid[])
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_partition_tree(c.oid::pg_catalog.regclass) g WHERE g.relid = ANY ($1::oid[]))
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`

const positionSQL = `
SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
       ELSE pg_catalog.pg_current_wal_insert_lsn() END::text`

// Look describes the published tables that are selected. Parts that old does not
// know are looked into, to see whether they have rows.
func Look(ctx context.Context, conn *pgx.Conn, publications []string, selected func(schema, table string) bool, old Facts) (Facts, error) {
	l, err := lookAt(ctx, conn, publications, selected, old)
	return l.facts, err
}

func lookAt(ctx context.Context, conn *pgx.Conn, publications []string, selected func(schema, table string) bool, old Facts) (look, error) {
	l := look{facts: make(Facts), published: []uint32{}} // an array in SQL, not NULL
	err := l.readTables(ctx, conn, publications, selected)
	if err == nil {
		err = l.readMissing(ctx, conn, selected)
	}
	if err == nil {
		err = l.readEmpty(ctx, conn, old)
	}
	var at string
	if err == nil {
		err = conn.QueryRow(ctx, positionSQL).Scan(&at)
	}
	if err == nil {
		l.at, err = lsn.Parse(at)
	}
	if err != nil {
		return look{}, fmt.Errorf("look at the catalogue: %w", err)
	}
	return l, nil
}

func (l *look) readTables(ctx context.Context, conn *pgx.Conn, publications []string, selected func(schema, table string) bool) error {
	var version int
	if err := conn.QueryRow(ctx, "SELECT pg_catalog.current_setting('server_version_num')::int").Scan(&version); err != nil {
		return err
	}
	schema := "NULL::oid"
	if version >= schemasFrom {
		schema = schemaSQL
	}
	rows, err := conn.Query(ctx, fmt.Sprintf(tablesSQL, schema), publications)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, text := range all {
		var t Table
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return err
		}
		l.published = append(l.published, t.OID)
		if selected(t.Schema, t.Name) {
			l.facts[t.OID] = t
		}
	}
	return err
}

// readMissing lists the tables that are wanted and not published, neither themselves
// nor partition by partition.
func (l *look) readMissing(ctx context.Context, conn *pgx.Conn, selected func(schema, table string) bool) error {
	rows, err := conn.Query(ctx, missingSQL, l.published)
	if err != nil {
		return err
	}
	var schema, name string
	_, err = pgx.ForEachRow(rows, []any{&schema, &name}, func() error {
		if selected(schema, name) {
			l.missing = append(l.missing, schema+"."+name)
		}
		return nil
	})
	return err
}

// readEmpty looks into parts that are new.
func (l *look) readEmpty(ctx context.Context, conn *pgx.Conn, old Facts) error {
	for oid, t := range l.facts {
		before, there := old[oid]
		if !there || !t.parted() {
			continue
		}
		for i, p := range t.Parts {
			if _, known := before.part(p.OID); known {
				continue
			}
			var err error
			if t.Parts[i].Empty, err = isEmpty(ctx, conn, p.OID); err != nil {
				return err
			}
		}
	}
	return nil
}

// sqlLocked is the SQLSTATE of a lock that was not to be had in time.
const sqlLocked = "55P03"

// isEmpty tells whether a table has no rows. One that somebody has locked meanwhile
// counts as one that has some.
func isEmpty(ctx context.Context, conn *pgx.Conn, oid uint32) (empty bool, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '100ms'"); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT coalesce(pg_catalog.pg_relation_size($1::oid) = 0, true)", oid).Scan(&empty)
	})
	if server, ok := errors.AsType[*pgconn.PgError](err); ok && server.Code == sqlLocked {
		return false, nil
	}
	return empty, err
}
