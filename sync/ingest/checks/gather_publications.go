package checks

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

const publicationsSQL = `
SELECT pubname, oid, puballtables, pubviaroot, pg_catalog.pg_has_role(pubowner, 'USAGE'),
       pubinsert, pubupdate, pubdelete, pubtruncate,
       ARRAY (SELECT DISTINCT t.schemaname::text FROM pg_catalog.pg_publication_tables t WHERE t.pubname = p.pubname ORDER BY 1)
FROM pg_catalog.pg_publication p WHERE pubname = ANY ($1) ORDER BY pubname COLLATE "C"`

func (g *gatherer) publications(ctx context.Context) (err error) {
	g.facts.Publications, err = collect(ctx, g.tx, scanPublication, publicationsSQL, g.selection.Publications)
	return err
}

func scanPublication(row pgx.CollectableRow) (Publication, error) {
	var p Publication
	sends := make([]bool, len(operations))
	err := row.Scan(&p.Name, &p.OID, &p.AllTables, &p.ViaRoot, &p.Owned, &sends[0], &sends[1], &sends[2], &sends[3], &p.Schemas)
	for i, sent := range sends {
		if sent {
			p.Publishes = append(p.Publishes, operations[i])
		}
	}
	return p, err
}

// sharesSQL reads what each publication sends, under the name it is sent by. A
// list of all columns is the same as none: the server treats them so.
const sharesSQL = `
SELECT t.schemaname, t.tablename, t.pubname, ARRAY (SELECT pg_catalog.jsonb_array_elements_text(to_jsonb(t) -> 'attnames'))
FROM pg_catalog.pg_publication_tables t WHERE t.pubname = ANY ($1)
ORDER BY t.pubname COLLATE "C"`

type share struct {
	table Name
	Share
}

func (g *gatherer) shares(ctx context.Context) error {
	byName := make(map[Name]*Table, len(g.facts.Tables))
	for i := range g.facts.Tables {
		byName[g.facts.Tables[i].Name] = &g.facts.Tables[i]
	}
	all, err := collect(ctx, g.tx, func(row pgx.CollectableRow) (s share, err error) {
		err = row.Scan(&s.table.Schema, &s.table.Table, &s.Publication, &s.Columns)
		return s, err
	}, sharesSQL, g.selection.Publications)
	for _, s := range all {
		t, selected := byName[s.table]
		if !selected {
			continue
		}
		t.Shares = append(t.Shares, Share{Publication: s.Publication, Columns: t.inOrder(s.Columns)})
	}
	return err
}

// inOrder sorts the columns as the table has them; nil if the server named none.
func (t *Table) inOrder(columns []string) []string {
	if len(columns) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c string) bool { return !slices.Contains(columns, c) })
}
