package fold

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Table says which rows to read.
type Table struct {
	Schema, Name string
	Key          []string // columns of the key, in order
	Where        string   // a condition in SQL; empty for all rows
	Only         []string // the columns that are published; nil for all
}

// settings make Postgres write values the way the specification wants them.
const settings = `set datestyle to iso; set timezone to 'UTC'; set intervalstyle to iso_8601;
	set bytea_output to hex; set extra_float_digits to 1; set lc_monetary to 'C'`

// columnTypes lists a table's columns with the type behind their domains. Values
// of generated columns are not published.
const columnTypes = `
	with recursive base as (
		select a.attnum, a.attname, t.oid, t.typtype, t.typbasetype
		from pg_attribute a join pg_type t on t.oid = a.atttypid
		where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
		union all
		select b.attnum, b.attname, t.oid, t.typtype, t.typbasetype
		from base b join pg_type t on t.oid = b.typbasetype
		where b.typtype = 'd')
	select attname::text, format_type(oid, null) from base where typtype <> 'd' order by attnum`

// ReadTable reads the rows of a table. The session keeps settings for writing
// values out.
func ReadTable(ctx context.Context, conn *pgx.Conn, t Table) (Rows, error) {
	rows, err := readTable(ctx, conn, t)
	if err != nil {
		return nil, fmt.Errorf("read table %s.%s: %w", t.Schema, t.Name, err)
	}
	return rows, nil
}

func readTable(ctx context.Context, conn *pgx.Conn, t Table) (Rows, error) {
	if _, err := conn.Exec(ctx, settings); err != nil {
		return nil, err
	}
	names, query, err := selectFrom(ctx, conn, t)
	if err != nil {
		return nil, err
	}
	result, err := conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	rows := Rows{}
	for result.Next() {
		texts := make([]string, len(t.Key)+len(names))
		if err := result.Scan(pointers(texts)...); err != nil {
			return nil, err
		}
		key := Key(texts[:len(t.Key)])
		if rows[key], err = rowOf(names, texts[len(t.Key):]); err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
	}
	return rows, result.Err()
}

// selectFrom returns the names of the columns and a query for the text of the key,
// then the JSON of each column.
func selectFrom(ctx context.Context, conn *pgx.Conn, t Table) (names []string, query string, err error) {
	from := pgx.Identifier{t.Schema, t.Name}.Sanitize()
	var terms []string
	for _, column := range t.Key {
		terms = append(terms, pgx.Identifier{column}.Sanitize()+"::text")
	}
	result, err := conn.Query(ctx, columnTypes, from)
	if err != nil {
		return nil, "", err
	}
	defer result.Close()
	for result.Next() {
		var name, typeName string
		if err := result.Scan(&name, &typeName); err != nil {
			return nil, "", err
		}
		if t.Only != nil && !slices.Contains(t.Only, name) {
			continue
		}
		names = append(names, name)
		terms = append(terms, "coalesce("+jsonOf(pgx.Identifier{name}.Sanitize(), typeName)+", 'null')")
	}
	query = "select " + strings.Join(terms, ", ") + " from " + from
	if t.Where != "" {
		query += " where " + t.Where
	}
	return names, query, result.Err()
}

func rowOf(names, texts []string) (Row, error) {
	row := make(Row, len(names))
	for i, name := range names {
		canonical, err := Canonical([]byte(texts[i]))
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		row[name] = canonical
	}
	return row, nil
}

func pointers(texts []string) []any {
	all := make([]any, len(texts))
	for i := range texts {
		all[i] = &texts[i]
	}
	return all
}
