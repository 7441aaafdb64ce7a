package route_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// TestMakes: which names are a table's, of those that lie beside each other.
func TestMakes(t *testing.T) {
	for _, test := range []struct {
		template, name string
		want           bool
	}{
		{"t/{column:c}/{schema}/{table}", "t/1/public/orders", true},
		{"t/{column:c}/{schema}/{table}", "t/1/sales/orders", false},
		{"t/{column:c}/{schema}/{table}", "t/1/public/orders2", false},
		{"t/{column:c}/{schema}/{table}", "t/1/public", false},
		{"t/{column:c}/{schema}/{table}", "t/1/public/orders/x", false},
		{"t/{column:c}/{schema}/{table}", "u/1/public/orders", false},
		{"{column:c}-{table}", "1-orders", true},
		{"{column:c}-{table}", "1-all-orders", false},
		{"{table}-{column:c}", "orders-1-2", true},
		{"{table}-{column:c}", "orders-", false},
		{"{key}.{column:c}s", "1.2s", true},
		{"{key}.{column:c}s", "1.2", false},
		{"{key}.{column:c}s", "12s", false},
		{".{key}/{table}", "%25%252E./orders", true},
		{"{schema}", "public", true},
	} {
		if got := template(t, test.template).Makes(test.name, "public", "orders"); got != test.want {
			t.Errorf("%s: got %v for %q, want %v", test.template, got, test.name, test.want)
		}
	}
}

// TestMakesItsOwn: a template makes what it has made, and where it names the table, not
// for another one.
func TestMakesItsOwn(t *testing.T) {
	rest := []string{"", "/{schema}/{table}", ".{table}/{schema}", "-{schema}-{table}", "/.{schema}/_{table}_"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(twoColumns).Draw(t, "template")
		with := rapid.SampledFrom(rest).Draw(t, "rest")
		if with[:min(1, len(with))] == "-" || with[:min(1, len(with))] == "." {
			text = "{column:a}" // a mark keeps the two apart
		}
		tpl, err := route.ParseTemplate(text + with)
		if err != nil {
			t.Fatal(err)
		}
		names := rapid.StringMatching(`[%./_\-ds25Eä]{1,3}`)
		r := route.Row{Schema: names.Draw(t, "schema"), Table: names.Draw(t, "table")}
		for range tpl.Columns() {
			r.Columns = append(r.Columns, value().Draw(t, "value"))
		}
		name := string(tpl.Append(nil, r))
		if !tpl.Makes(name, r.Schema, r.Table) {
			t.Fatalf("%s: got false for %q of %+v, want true", tpl, name, r)
		}
		schema, table := names.Draw(t, "other schema"), names.Draw(t, "other table")
		same := schema == r.Schema && table == r.Table
		if tpl.PerTable() && !same && tpl.Makes(name, schema, table) {
			t.Fatalf("%s: got true for %q of %+v and the table %q.%q, want false", tpl, name, r, schema, table)
		}
	})
}
