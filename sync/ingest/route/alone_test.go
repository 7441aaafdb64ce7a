package route_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// routesOf are the routes of some entries of a routes file.
func routesOf(t testing.TB, entries []string) route.Routes {
	t.Helper()
	if len(entries) == 0 {
		return nil
	}
	routes, err := route.ParseRoutes([]byte("tables:\n  - {" + strings.Join(entries, "}\n  - {") + "}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return routes
}

// TestAlone: whose streams are theirs alone, of public.a.
func TestAlone(t *testing.T) {
	for _, test := range []struct {
		usual  string
		routes []string
		want   bool
	}{
		{"pg/{schema}/{table}", nil, true},
		{"pg/{table}", nil, false},
		{"pg/{schema}/{table}", []string{`table: public.b, template: pg/public/a`}, false},
		{"pg/{schema}/{table}", []string{`table: public.b, template: pg/public/b`}, true},
		{"pg/{schema}/{table}", []string{`table: public.b, template: "pg/{schema}/{column:x}"`}, false},
		{"pg/{schema}/{table}", []string{`table: sales.b, template: "pg/{schema}/{column:x}"`}, true},
		{"pg/{schema}/{table}", []string{`table: "*.b", template: "pg/{schema}/{column:x}"`}, false},
		{"pg/{schema}/{table}", []string{`table: public.b, template: "pg/public/{table}-{key}"`}, true},
		{"pg/{schema}/{table}", []string{`table: public.b, template: "users/{column:x}/b"`}, true},
		{"pg/{schema}/{table}", []string{`table: public.b, template: "pg/{schema}/{table}/{key}"`}, true},
		{"pg/{schema}/{table}", []string{`table: public.b, template: "pg/{schema}/{table}"`}, true},
		{"pg/{schema}/{table}", []string{`table: public.b, type: other`}, true},
		{"pg/{schema}/{table}", []string{`table: public.a, template: all`}, false},
		{"pg/{schema}/{table}", []string{`table: public.a, template: "x/{schema}/{table}/{key}"`}, true},
		{"pg/{schema}/{table}", []string{`table: public.a, template: "pg/{schema}/{table}-{key}"`}, false},
		{"all", []string{`table: public.a, template: "pg/{schema}/{table}"`}, true},
		{"pg/{schema}-{table}", []string{`table: "*.*", template: "pg/{column:x}-{key}"`, `table: public.a, type: a`}, false},
	} {
		if got := routesOf(t, test.routes).Alone("public", "a", template(t, test.usual)); got != test.want {
			t.Errorf("%s with %q: got %v, want %v", test.usual, test.routes, got, test.want)
		}
	}
}

// TestAloneIsSure: a stream of a table that is alone is none of another table, whatever
// its template makes of its values.
func TestAloneIsSure(t *testing.T) {
	templates := []string{"pg/{schema}/{table}", "pg/{table}/{schema}", "pg/{key}/{table}", "pg/{schema}-{table}", "{schema}/{table}/{key}", ".{table}/{schema}", ".{column:c}/{key}", "pg/a.{key}"}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"a", "b", "a.b", ".", "-", "%"})
		usual, other := rapid.SampledFrom(templates).Draw(t, "usual"), rapid.SampledFrom(templates).Draw(t, "other")
		schema, table := names.Draw(t, "schema"), names.Draw(t, "table")
		routes, err := route.ParseRoutes(fmt.Appendf(nil, "tables: [{table: '%q.%q', template: '%s'}]", schema, table, other))
		if err != nil {
			t.Fatal(err)
		}
		row := func(schema, table, text string) string {
			tpl, err := route.ParseTemplate(text)
			if err != nil {
				t.Fatal(err)
			}
			r := route.Row{Schema: schema, Table: table, Key: []byte(names.Draw(t, "key"))}
			for range tpl.Columns() {
				r.Columns = append(r.Columns, []byte(names.Draw(t, "column")))
			}
			return string(tpl.Append(nil, r))
		}
		mine, theirs := names.Draw(t, "my schema"), names.Draw(t, "my table")
		if mine == schema && theirs == table {
			return
		}
		tpl, err := route.ParseTemplate(usual)
		if err != nil {
			t.Fatal(err)
		}
		if routes.Alone(mine, theirs, tpl) && row(mine, theirs, usual) == row(schema, table, other) {
			t.Fatalf("%q.%q by %s and %q.%q by %s share a stream: got alone, want not", mine, theirs, usual, schema, table, other)
		}
	})
}
