package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// shape is a table as the catalogue has it: what the stream says of it in a Relation
// message, and what is needed to read its rows.
type shape struct {
	relation *pgoutput.Relation
	filter   string // SQL that rows have to meet; "" for none
	layout   layout
	// moved is set if the table's file is not the one of the snapshot: the snapshot
	// may show less than there was.
	moved bool
}

// errNotPublished says that a table has gone, or is not published any more.
var errNotPublished = errors.New("the table is not published, or does not exist any more")

// shapeSQL reads what pgoutput would say of a table: its published columns with the
// flags of the replica identity, without generated ones where those are not sent,
// and the row filters of the publications that have it.
const shapeSQL = `
SELECT n.nspname::text, c.relname::text, c.relkind::text, c.relreplident::text,
       k.names, k.types, k.modifiers, k.flags, p.filters,
       ARRAY (SELECT a.attname::text FROM pg_catalog.pg_index i
              CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY u (attnum, place)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
              WHERE i.indrelid = c.oid AND i.indisprimary AND u.place <= i.indnkeyatts ORDER BY u.place)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
	SELECT pg_catalog.array_agg(pg_catalog.to_jsonb(t) ->> 'rowfilter') AS filters,
	       pg_catalog.array_agg(pg_catalog.to_jsonb(t) -> 'attnames') AS columns
	FROM pg_catalog.pg_publication_tables t
	WHERE t.pubname = ANY ($2) AND t.schemaname = n.nspname AND t.tablename = c.relname
) p
CROSS JOIN LATERAL (
	SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) AS names,
	       pg_catalog.array_agg(a.atttypid ORDER BY a.attnum) AS types,
	       pg_catalog.array_agg(a.atttypmod ORDER BY a.attnum) AS modifiers,
	       pg_catalog.array_agg(c.relreplident = 'f' OR EXISTS (
	           SELECT FROM pg_catalog.pg_index i
	           WHERE i.indrelid = c.oid AND i.indimmediate
	             AND (c.relreplident = 'd' AND i.indisprimary OR c.relreplident = 'i' AND i.indisreplident)
	             AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) ORDER BY a.attnum) AS flags
	FROM pg_catalog.pg_attribute a
	WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	  AND (a.attgenerated = '' OR pg_catalog.current_setting('server_version_num')::int >= 180000)
	  AND (p.columns[1] IS NULL OR p.columns[1] ? a.attname::text)
) k
WHERE c.oid = $1::pg_catalog.oid AND p.columns IS NOT NULL`

// partsSQL lists the files that hold a table's rows, with their sizes in blocks.
const partsSQL = `
SELECT c.oid, n.nspname::text, c.relname::text, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0),
       (pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int)::bigint,
       c.relfilenode <> pg_catalog.pg_relation_filenode(c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND (c.oid = $1::pg_catalog.oid
      OR c.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) t WHERE t.isleaf))
ORDER BY c.oid`

// describe reads the shape of a table, which the transaction has locked. The ends of
// its files are read after the transaction's snapshot was taken: what is written
// behind them is not of the snapshot.
func (c *Copier) describe(ctx context.Context, conn *pgx.Conn, t Table) (*shape, error) {
	r := &pgoutput.Relation{ID: t.OID}
	var kind, identity string
	var names, key []string
	var types []uint32
	var modifiers []int32
	var flags []bool
	var filters []*string
	err := conn.QueryRow(ctx, shapeSQL, t.OID, c.o.Publications).
		Scan(&r.Schema, &r.Name, &kind, &identity, &names, &types, &modifiers, &flags, &filters, &key)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("look up %s: %w", t, errNotPublished)
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", t, err)
	}
	r.Identity = pgoutput.Identity(identity[0])
	for i, name := range names {
		r.Columns = append(r.Columns, pgoutput.RelationColumn{Name: name, Type: types[i], Modifier: modifiers[i], Key: flags[i]})
	}
	s := &shape{relation: r, filter: anyOf(filters)}
	s.layout.Shape = s.digest(key)
	if err := s.readParts(ctx, conn); err != nil {
		return nil, fmt.Errorf("look up files of %s: %w", t, err)
	}
	return s, nil
}

// lock keeps a table from being altered, emptied or rewritten until the transaction
// ends. Others read and write it meanwhile.
func lock(ctx context.Context, conn *pgx.Conn, t Table) error {
	_, err := conn.Exec(ctx, "LOCK TABLE "+source.QuoteTable(source.Table{Schema: t.Schema, Name: t.Name})+" IN ACCESS SHARE MODE")
	if server, ok := errors.AsType[*pgconn.PgError](err); ok && slices.Contains(gone, server.Code) {
		return fmt.Errorf("look up %s: %w", t, errNotPublished)
	}
	if err != nil {
		return fmt.Errorf("hold %s as it is: %w", t, err)
	}
	return nil
}

// gone are the SQLSTATEs of a table, and of a schema, that do not exist.
var gone = []string{"42P01", "3F000"}

// anyOf joins the row filters of several publications: a row is published by each.
func anyOf(filters []*string) string {
	var texts []string
	for _, f := range filters {
		if f == nil {
			return ""
		}
		texts = append(texts, "("+*f+")")
	}
	return strings.Join(texts, " OR ")
}

func (s *shape) digest(key []string) string {
	h := sha256.New()
	r := s.relation
	fmt.Fprintf(h, "%q %q %c %q %q", r.Schema, r.Name, r.Identity, key, s.filter)
	for _, c := range r.Columns {
		fmt.Fprintf(h, " %q %d %d %v", c.Name, c.Type, c.Modifier, c.Key)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (s *shape) readParts(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, partsSQL, s.relation.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p part
		var name source.Table
		var blocks int64
		var moved bool
		if err := rows.Scan(&p.OID, &name.Schema, &name.Name, &p.File, &blocks, &moved); err != nil {
			return err
		}
		p.name, p.End = source.QuoteTable(name), uint32(blocks)
		s.moved = s.moved || moved
		s.layout.Parts = append(s.layout.Parts, p)
	}
	return rows.Err()
}

// selection is the query of the rows of a part behind an address, and before the
// end or up to an address.
func (s *shape) selection(part int, from tid, upTo string) query {
	var b strings.Builder
	b.WriteString("SELECT ctid")
	for _, c := range s.relation.Columns {
		b.WriteString(", " + source.QuoteIdent(c.Name))
	}
	fmt.Fprintf(&b, " FROM ONLY %s WHERE ctid > %s AND ctid %s", s.layout.Parts[part].name, from.literal(), upTo)
	if s.filter != "" {
		b.WriteString(" AND (" + s.filter + ")")
	}
	return query{b.String(), len(s.relation.Columns)}
}

// table makes events of the rows of the shape.
func (c *Copier) table(ctx context.Context, conn *pgx.Conn, s *shape) (*event.Table, error) {
	facts, err := c.o.Facts(ctx, conn, s.relation)
	if err != nil {
		return nil, err
	}
	return event.NewTable(s.relation, facts, c.o.Event)
}
