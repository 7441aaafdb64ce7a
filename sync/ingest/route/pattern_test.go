package route_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/route"
)

func TestPatternsMatch(t *testing.T) {
	const spec = `public.*,!public.audit_*,"Sales"."Order Lines"`
	long := strings.Repeat("x", 63)
	tests := []struct {
		list, schema, table string
		want                bool
	}{
		{spec, "public", "orders", true},
		{spec, "public", "audit_log", false},
		{spec, "public", "audit", true},
		{spec, "Sales", "Order Lines", true},
		{spec, "sales", "order lines", false},
		{spec, "Sales", "Other", false},
		{spec, "publicity", "orders", false},
		{"Public.Orders", "public", "orders", true},
		{"Public.Orders", "Public", "Orders", false},
		{"public.ÄB", "public", "Äb", true},
		{"public.ÄB", "public", "äb", false},
		{"!public.a,public.*", "public", "a", false},
		{"public.*,!public.a,public.a", "public", "a", false},
		{" public.a , public.b ", "public", "b", true},
		{"public.a,\n  public.b\n", "public", "b", true},
		{`"*"."*"`, "*", "*", true},
		{`"*"."*"`, "a", "b", false},
		{`"a""b"."c,d.e"`, `a"b`, "c,d.e", true},
		{`"!a".b`, "!a", "b", true},
		{"*.*", "any", "thing.dotted", true},
		{"*.*", "a.b", "c", true},
		{"*.*", "pg_catalog", "pg_class", false},
		{"pg_catalog.*", "pg_catalog", "pg_class", false},
		{"*.*", "information_schema", "tables", false},
		{"*.*", "page", "x", true},
		{"s.a*b*c", "s", "abc", true},
		{"s.a*b*c", "s", "aXbYbZc", true},
		{"s.a*b*c", "s", "acb", false},
		{"s.a*b*c", "s", "ac", false},
		{"s.a*a", "s", "a", false},
		{"s.a*a", "s", "aa", true},
		{"s.**", "s", "", true},
		{"s.*ab*ab*", "s", "xabab", true},
		{"s.*ab*ab*", "s", "xaba", false},
		{`s."` + long + `"`, "s", long, true},
	}
	for _, test := range tests {
		ps, err := route.ParsePatterns(test.list)
		if err != nil {
			t.Errorf("%q: got %v, want no error", test.list, err)
			continue
		}
		if got := ps.Match(test.schema, test.table); got != test.want {
			t.Errorf("%q for %q.%q: got %v, want %v", test.list, test.schema, test.table, got, test.want)
		}
	}
	if (route.Patterns{}).Match("a", "b") || (route.Pattern{}).Match("a", "b") {
		t.Error("zero patterns: got a match, want none")
	}
}

func TestPatternsRefused(t *testing.T) {
	tests := []struct{ list, want string }{
		{"", "byte 1: want a name, and nothing follows"},
		{"  ", "nothing follows"},
		{"orders", "byte 7: want a dot and a table after the schema"},
		{"*", "want a dot"},
		{"a.b,", "nothing follows"},
		{"a.b,,c.d", "byte 5: want a name"},
		{"a.b c.d", "byte 5: want a comma"},
		{"a.b.c", "byte 4: want a comma"},
		{"a.", "nothing follows"},
		{".b", "byte 1: want a name"},
		{"a. b", "byte 3: want a name"},
		{"a.order-lines", "byte 8: want a comma"},
		{`a."b`, "byte 3: a double quote that is not closed"},
		{`a.""`, "byte 3: an empty name"},
		{`a."b"c`, "want a comma"},
		{`a."b"*`, "want a comma"},
		{"!!a.b", "byte 2: want a name"},
		{"!a.b", "only exclusions"},
		{"a." + strings.Repeat("x", 64), "longer than 63 bytes"},
		{`a."` + strings.Repeat("ä", 32) + `"`, "longer than 63 bytes"},
		{"a.\x00", "NUL"},
		{"a.\xff", "UTF-8"},
		{strings.Repeat("a.b,", 1000) + "a.b", "more than 1000"},
		{strings.Repeat(" ", 65537), "longer than 65536"},
	}
	for _, test := range tests {
		_, err := route.ParsePatterns(test.list)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40q: got %v, want an error with %q", test.list, err, test.want)
		}
	}
}

func TestParseNames(t *testing.T) {
	got, err := route.ParseNames(`ds_sync, "Wéird ""x"", y",Other`)
	if want := []string{"ds_sync", `Wéird "x", y`, "other"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("names: got %q and error %v, want %q", got, err, want)
	}
	for _, list := range []string{"", "a,", "a b", "a*", `"a`, "a.b"} {
		if got, err := route.ParseNames(list); err == nil {
			t.Errorf("%q: got %q, want an error", list, got)
		}
	}
}

// names are some that SQL has to quote, with every character that means something
// in a pattern.
func names() *rapid.Generator[string] {
	return rapid.StringMatching(`[a-zA-Z_*."!, {}/ä]{1,10}`)
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func TestQuotedNamesMatchThemselvesOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema, table, other := names().Draw(t, "schema"), names().Draw(t, "table"), names().Draw(t, "other")
		ps, err := route.ParsePatterns(quoted(schema) + "." + quoted(table))
		if err != nil {
			t.Fatalf("got %v, want no error", err)
		}
		if !ps.Match(schema, table) {
			t.Errorf("%s: got no match of its own name", ps)
		}
		if ps.Match(schema, other) != (table == other) {
			t.Errorf("%s: match of table %q got %v", ps, other, table != other)
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, list := range []string{`ds_sync, "Wéird ""x"", y",Other`, "a", `"`, `""`, `"a"b`, "ÄB,$1"} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		names, err := route.ParseNames(list)
		if err != nil {
			return
		}
		var parts []string
		for _, name := range names {
			parts = append(parts, quoted(name))
		}
		again, err := route.ParseNames(strings.Join(parts, ","))
		if err != nil || !slices.Equal(again, names) {
			t.Errorf("%q: got %q, and %q with error %v when they are quoted", list, names, again, err)
		}
	})
}

func FuzzPatterns(f *testing.F) {
	for _, list := range []string{`public.*,!public.audit_*,"Sales"."Order Lines"`, `a.b`, `"`, `a*b.*`, `!a.b,c."d""`, ",", "\xff.a"} {
		f.Add(list, "public", "audit_log")
	}
	f.Fuzz(func(t *testing.T, list, schema, table string) {
		ps, err := route.ParsePatterns(list)
		if err != nil {
			return
		}
		again, err := route.ParsePatterns(ps.String())
		if err != nil {
			t.Fatalf("%q, written as %q: got %v, want no error", list, ps, err)
		}
		if got, want := again.Match(schema, table), ps.Match(schema, table); got != want {
			t.Errorf("%q, written as %q, for %q.%q: got %v, want %v", list, ps, schema, table, got, want)
		}
	})
}
