package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgjson"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// catalogue asks the database about tables. It belongs to the goroutine that
// assembles.
type catalogue struct{ conn *pgx.Conn }

// primaryKeySQL lists the columns of a table's primary key in the key's order,
// without those that an index only includes.
const primaryKeySQL = `
SELECT a.attname::pg_catalog.text
FROM pg_catalog.pg_index i
CROSS JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY k (attnum, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = $1::pg_catalog.oid AND i.indisprimary AND k.place <= i.indnkeyatts
ORDER BY k.place`

// Facts implements assemble.Catalogue.
func (c *catalogue) Facts(ctx context.Context, r *pgoutput.Relation) (event.Facts, error) {
	var f event.Facts
	rows, err := c.conn.Query(ctx, primaryKeySQL, r.ID)
	if err == nil {
		f.Key, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		return event.Facts{}, fmt.Errorf("read primary key: %w", err)
	}
	oids := make([]uint32, len(r.Columns))
	for i, col := range r.Columns {
		oids[i] = col.Type
	}
	f.Types, err = pgjson.Load(ctx, c.conn, oids)
	return f, err
}

// Reread implements assemble.Catalogue.
func (c *catalogue) Reread(ctx context.Context, t *event.Table, key pgoutput.Tuple) (pgoutput.Tuple, error) {
	row, err := c.conn.PgConn().Exec(ctx, rereadSQL(t, key)).ReadAll()
	if isReshaped(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read row of %s: %w", t.Name(), err)
	}
	if len(row) == 0 {
		return nil, errors.New("the server answered a SELECT with nothing")
	}
	for _, values := range row[len(row)-1].Rows {
		return textTuple(values), nil
	}
	return nil, nil
}

// rereadSQL selects one row in the simple protocol, which gives text.
func rereadSQL(t *event.Table, key pgoutput.Tuple) string {
	columns := make([]string, len(t.Relation.Columns))
	for i, c := range t.Relation.Columns {
		columns[i] = source.QuoteIdent(c.Name)
	}
	conditions := make([]string, len(t.Key))
	for i, k := range t.Key {
		conditions[i] = columns[k] + " = " + source.QuoteLiteral(string(key[k].Value))
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s", strings.Join(columns, ", "),
		source.QuoteTable(source.Table{Schema: t.Relation.Schema, Name: t.Relation.Name}), strings.Join(conditions, " AND "))
}

// reshaped are the SQLSTATEs of a query for a table as it was at a change, if it has
// gone since, or has other names or types: undefined_table, invalid_schema_name,
// undefined_column, undefined_function, and invalid_text_representation of a key.
var reshaped = []string{"42P01", "3F000", "42703", "42883", "22P02"}

func isReshaped(err error) bool {
	server, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(reshaped, server.Code)
}

func textTuple(values [][]byte) pgoutput.Tuple {
	row := make(pgoutput.Tuple, len(values))
	for i, v := range values {
		row[i] = pgoutput.Column{Kind: pgoutput.Text, Value: v}
		if v == nil {
			row[i].Kind = pgoutput.Null
		}
	}
	return row
}
