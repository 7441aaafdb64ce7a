package postgres_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
)

// oddNames are allowed as names of everything in Postgres.
var oddNames = []string{
	`Wéird "x", y`, `Order Lines`, `a/b`, `a.b`, `..`, `.`, `{table}`, `{`, `50%`, `%2F`, `%`, `select`, `user`, `UPPER`, `'`, `\`,
	`?q=1#f`, `a&b+c;d`, ` `, `__ds`, `名前`, `🦭`, "new\nline", "tab\t", "e\u0301", `*`, `!public.x`, `public.*`, `~`, `:`,
	strings.Repeat("x", 63), strings.Repeat("é", 31), strings.Repeat(`"`, 63), strings.Repeat(`%`, 63),
}

// namedOddly is publication, schema and column at once.
const namedOddly = `Wéird "x", y`

// pathOf returns the path of a table's stream: its names escaped as in any URL.
// A name that no URL has as a segment, or that has control characters, is written
// behind a percent sign and with those escaped.
func pathOf(schema, table string) string {
	segment := func(name string) string {
		switch {
		case name == "." || name == "..":
			name = "%%2E" + name[1:]
		case strings.HasPrefix(name, "%") || strings.ContainsAny(name, "\n\t"):
			name = "%" + strings.NewReplacer("%", "%25", "\n", "%0A", "\t", "%09").Replace(name)
		}
		return url.PathEscape(name)
	}
	return "pg/" + segment(schema) + "/" + segment(table)
}

// T22: whatever schemas, tables, columns and publications are named, there is a
// stream for each table, by a path that can be told from its names.
func TestOddNames(t *testing.T) {
	quoted := func(names ...string) string { return pgx.Identifier(names).Sanitize() }
	each := func(do func(schema, table string)) {
		for _, name := range oddNames {
			do("public", name)
		}
		for _, name := range oddNames[:3] {
			do(namedOddly, name)
		}
		for _, name := range []string{`a/b`, `.`, `{schema}`, `50%`, `名前`} {
			do(name, "t")
		}
	}
	var sql []string
	for _, name := range []string{namedOddly, `a/b`, `.`, `{schema}`, `50%`, `名前`} {
		sql = append(sql, `create schema `+quoted(name))
	}
	each(func(schema, name string) {
		sql = append(sql,
			fmt.Sprintf(`create table %s (%s text primary key, "{}" int, "value" int, "a""b\" int)`, quoted(schema, name), quoted(namedOddly)),
			fmt.Sprintf(`insert into %s values ('copied', 1, null, 2)`, quoted(schema, name)))
	})
	l := newLab(t, setup{SQL: sql, Env: map[string]string{
		"DS_SYNC__TABLES":      `*.*`,
		"DS_SYNC__PUBLICATION": quoted(namedOddly),
	}})
	var changes []string
	each(func(schema, name string) {
		changes = append(changes, fmt.Sprintf(`insert into %[1]s values ('streamed/%%', 1, 2, 3); update %[1]s set "{}" = 5; delete from %[1]s where "value" is null`,
			quoted(schema, name)))
	})
	l.exec(changes...)
	l.quiesce()
	each(func(schema, name string) { l.checkNamed(schema, name) })
}

func (l *lab) checkNamed(schema, name string) {
	l.t.Helper()
	path := pathOf(schema, name)
	events, err := event.Read(l.t.Context(), l.client, path)
	if err != nil {
		l.t.Errorf("stream of %q.%q at %s: got %v, want its events", schema, name, path, err)
		return
	}
	state, err := fold.Of(events)
	l.must(err)
	var rows fold.Rows
	l.must(l.connected(func(conn *pgx.Conn) error {
		rows, err = fold.ReadTable(l.t.Context(), conn, fold.Table{Schema: schema, Name: name, Key: []string{namedOddly}})
		return err
	}))
	if found := fold.Compare(state.Type(name), rows); len(rows) != 1 || len(found) > 0 {
		l.t.Errorf("stream of %q.%q at %s, %d events, against %d rows:\n%s", schema, name, path, len(events), len(rows), found)
	}
}
