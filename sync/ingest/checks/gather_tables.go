package checks

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// tablesSQL reads every permanent table of the users; the pattern is ours to
// apply. Sizes are those of the last vacuum or analyse, because asking for the
// size of a table waits for whoever has it locked.
const tablesSQL = `
SELECT c.oid, n.nspname, c.relname, c.relkind = 'p', c.relreplident::text,
       coalesce((SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition LIMIT 1), 0),
       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)), pg_catalog.pg_has_role(c.relowner, 'USAGE'),
       NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.row_security_active(c.oid),
       (greatest(c.relpages, 0) + greatest(coalesce(t.relpages, 0), 0))::bigint * pg_catalog.current_setting('block_size')::int,
       ARRAY (SELECT a.attname::text FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY (SELECT a.attname::text FROM pg_catalog.pg_index i
              CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
              WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts ORDER BY k.place),
       ARRAY (SELECT a.attname::text FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage <> 'p' AND c.reltoastrelid <> 0 ORDER BY a.attnum),
       NOT pg_catalog.has_table_privilege(c.oid, 'SELECT'),
       EXISTS (SELECT FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
               WHERE r.prrelid = c.oid AND p.pubname = ANY ($1))
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`

func (g *gatherer) tables(ctx context.Context) error {
	all, err := collect(ctx, g.tx, scanTable, tablesSQL, g.selection.Publications)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Selected = g.selection.Tables(all[i].Name.Schema, all[i].Name.Table)
	}
	g.facts.Tables = withPartitions(all)
	return nil
}

func scanTable(row pgx.CollectableRow) (Table, error) {
	var t Table
	var identity string
	err := row.Scan(&t.OID, &t.Name.Schema, &t.Name.Table, &t.Partitioned, &identity, &t.Parent, &t.Owner, &t.Owned,
		&t.SchemaShut, &t.RowSecurity, &t.Bytes, &t.Columns, &t.Primary, &t.External, &t.Unreadable, &t.Member)
	if err != nil {
		return Table{}, err
	}
	t.Identity.Kind = IdentityKind(identity[0])
	return t, nil
}

// withPartitions keeps the selected tables and every partition below one.
func withPartitions(all []Table) []Table {
	byOID := make(map[uint32]*Table, len(all))
	for i := range all {
		byOID[all[i].OID] = &all[i]
	}
	var kept []Table
	for i := range all {
		for t := &all[i]; t != nil; t = byOID[t.Parent] {
			if t.Selected {
				kept = append(kept, all[i])
				break
			}
		}
	}
	return kept
}

// indexesSQL reads the indexes that may serve as a replica identity, the
// narrowest first: unique, not deferrable, whole, and of columns.
const indexesSQL = `
SELECT i.indrelid, ic.relname, i.indisprimary, i.indisreplident,
       ARRAY (SELECT a.attname::text FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
              WHERE k.place <= i.indnkeyatts ORDER BY k.place)
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
WHERE i.indrelid = ANY ($1) AND i.indisunique AND i.indimmediate AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL
  AND NOT EXISTS (SELECT FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                  WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull)
ORDER BY i.indrelid, i.indnkeyatts, ic.relname COLLATE "C"`

type index struct {
	table             uint32
	name              string
	primary, identity bool
	columns           []string
}

func (g *gatherer) indexes(ctx context.Context) error {
	byOID := make(map[uint32]*Table, len(g.facts.Tables))
	var oids []uint32
	for i := range g.facts.Tables {
		t := &g.facts.Tables[i]
		byOID[t.OID] = t
		oids = append(oids, t.OID)
	}
	all, err := collect(ctx, g.tx, func(row pgx.CollectableRow) (x index, err error) {
		err = row.Scan(&x.table, &x.name, &x.primary, &x.identity, &x.columns)
		return x, err
	}, indexesSQL, oids)
	for _, x := range all {
		byOID[x.table].Identity.add(x)
	}
	return err
}

func (i *Identity) add(x index) {
	if i.Candidate == "" {
		i.Candidate = x.name
	}
	if i.Kind == IdentityDefault && x.primary || i.Kind == IdentityIndex && x.identity {
		i.Columns = x.columns
	}
}
