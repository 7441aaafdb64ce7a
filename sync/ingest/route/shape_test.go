package route_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// TestShape: what a template shows of the streams of a table.
func TestShape(t *testing.T) {
	for _, test := range []struct {
		template, prefix, root string
		perTable               bool
	}{
		{"pg/{schema}/{table}", "pg/Public/a%2Fb", "pg", true},
		{"{schema}.{table}", "Public.a%2Fb", "", true},
		{"pg/{table}", "pg/a%2Fb", "pg", false},
		{"one", "one", "one", false},
		{"{key}", "", "", false},
		{"{schema}/{table}/{key}", "Public/a%2Fb/", "", true},
		{"a%/{schema}/x-{column:c}/{table}", "a%25/Public/", "a%25", true},
		{"pg-{column:c}/{table}", "", "", false},
	} {
		tpl, err := route.ParseTemplate(test.template)
		if err != nil {
			t.Fatal(err)
		}
		if got := tpl.Prefix("Public", "a/b"); got != test.prefix {
			t.Errorf("%s: got prefix %q, want %q", test.template, got, test.prefix)
		}
		if got := tpl.Root(); got != test.root {
			t.Errorf("%s: got root %q, want %q", test.template, got, test.root)
		}
		if got := tpl.PerTable(); got != test.perTable {
			t.Errorf("%s: got per table %v, want %v", test.template, got, test.perTable)
		}
	}
}

// TestPrefixBegins: every name of a table's rows begins with the prefix, and is it if
// all rows have one stream.
func TestPrefixBegins(t *testing.T) {
	templates := []string{"pg/{schema}/{table}", "{table}/{key}", "{schema}-{key}", "a/{column:c}/b", "a/{schema}.{table}/{key}/z", "{schema}/x"}
	rapid.Check(t, func(t *rapid.T) {
		tpl, err := route.ParseTemplate(rapid.SampledFrom(templates).Draw(t, "template"))
		if err != nil {
			t.Fatalf("parse: %v", err)
		}
		r := route.Row{
			Schema: rapid.String().Draw(t, "schema"), Table: rapid.String().Draw(t, "table"),
			Key: []byte(rapid.String().Draw(t, "key")), Columns: [][]byte{[]byte(rapid.String().Draw(t, "column"))}[:len(tpl.Columns())],
		}
		name, prefix := string(tpl.Append(nil, r)), tpl.Prefix(r.Schema, r.Table)
		if !strings.HasPrefix(name, prefix) || !tpl.PerRow() && name != prefix {
			t.Fatalf("%s: got prefix %q for %q", tpl, prefix, name)
		}
	})
}
