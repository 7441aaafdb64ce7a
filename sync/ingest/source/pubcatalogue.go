package source

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// publication is what the catalogue holds of one.
type publication struct {
	oid    uint32
	wide   bool // all tables, or whole schemas
	wanted bool // its options are those of publicationOptions
	tables []Table
}

// findPublication reads the catalogue; pgx.ErrNoRows if there is none.
func findPublication(ctx context.Context, tx pgx.Tx, spec PublicationSpec) (publication, error) {
	var p publication
	err := tx.QueryRow(ctx, publicationQuery(spec.Version), spec.Name).Scan(&p.oid, &p.wide, &p.wanted)
	if err != nil {
		return publication{}, err
	}
	rows, err := tx.Query(ctx, `
		select n.nspname::text, c.relname::text
		from pg_publication_rel r
		join pg_class c on c.oid = r.prrelid
		join pg_namespace n on n.oid = c.relnamespace
		where r.prpubid = $1`, p.oid)
	if err != nil {
		return publication{}, err
	}
	p.tables, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Table])
	return p, err
}

// publicationQuery names a catalogue only where the server has it, and reads a
// newer column by its name in the row's JSON.
func publicationQuery(version int) string {
	schemas := "false"
	if version >= schemasFrom {
		schemas = "exists (select from pg_publication_namespace where pnpubid = p.oid)"
	}
	return `
		select p.oid, p.puballtables or ` + schemas + `,
		       p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate and p.pubviaroot
		         and coalesce(to_jsonb(p)->>'pubgencols', 's') = 's'
		from pg_publication p where p.pubname = $1`
}
