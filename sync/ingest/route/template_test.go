package route_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/route"
)

func template(t testing.TB, text string) *route.Template {
	t.Helper()
	tpl, err := route.ParseTemplate(text)
	if err != nil {
		t.Fatalf("template %q: got %v, want no error", text, err)
	}
	return tpl
}

func TestTemplateFacts(t *testing.T) {
	tests := []struct {
		text     string
		columns  []string
		perRow   bool
		segments int
	}{
		{"all", nil, false, 1},
		{"pg/{schema}/{table}", nil, false, 3},
		{"users/{column:user_id}/orders", []string{"user_id"}, true, 3},
		{"{table}/{key}", nil, true, 2},
		{`{column:B}/{column:"B"}-{column:a}/{column:b}`, []string{"b", "B", "a"}, true, 3},
		{`x/{column:"odd } / { ""name"}`, []string{`odd } / { "name`}, true, 2},
	}
	for _, test := range tests {
		tpl := template(t, test.text)
		if got := tpl.Columns(); !slices.Equal(got, test.columns) {
			t.Errorf("%s: got columns %q, want %q", test.text, got, test.columns)
		}
		if tpl.PerRow() != test.perRow || tpl.Segments() != test.segments || tpl.String() != test.text {
			t.Errorf("%s: got per row %v, %d segments, text %q; want %v and %d", test.text, tpl.PerRow(), tpl.Segments(), tpl, test.perRow, test.segments)
		}
	}
}

func TestTemplatesRefused(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "byte 1: an empty segment"},
		{"/a", "an empty segment"},
		{"a/", "byte 3: an empty segment"},
		{"a//b", "an empty segment"},
		{".", `a segment "."`},
		{"a/../b", `byte 3: a segment ".."`},
		{"__ds", "reserved"},
		{"__ds/{table}", "reserved"},
		{"a/{tabel}", "byte 3: no placeholder"},
		{"{}", "no placeholder"},
		{"{Table}", "no placeholder"},
		{"{table", "want a }"},
		{"{", "no placeholder"},
		{"a}", "a } without a {"},
		{"{table:x}", "want a }"},
		{"{column}", "want a colon"},
		{"{column:}", "want a name"},
		{"{column:a*}", "a wildcard"},
		{"{column:a b}", "want a }"},
		{`{column:"a}`, "not closed"},
		{"{column:" + strings.Repeat("a", 64) + "}", "longer than 63"},
		{"{schema}{table}", "nothing between them"},
		{"{schema}x{table}", "begins with none of the marks"},
		{"{schema}7-{table}", "begins with none of the marks"},
		{"{schema}%{table}", "begins with none of the marks"},
		{"{schema}→{table}", "begins with none of the marks"},
		{"a\nb", "control"},
		{"a\u0085b", "control"},
		{"a\xff", "UTF-8"},
		{"a\x00", "NUL"},
		{strings.Repeat("a", 1025), "longer than 1024"},
	}
	for _, test := range tests {
		_, err := route.ParseTemplate(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40q: got %v, want an error with %q", test.text, err, test.want)
		}
	}
}

func TestTemplatesAccepted(t *testing.T) {
	for _, text := range []string{"a/__ds", "...", "données/{table}", "a b", "{table}s", "v{key}x", "{schema}.{table}", "{column:a} {column:b}", "50%", "a/.{table}"} {
		if _, err := route.ParseTemplate(text); err != nil {
			t.Errorf("%q: got %v, want no error", text, err)
		}
	}
}

func TestTypes(t *testing.T) {
	tests := []struct{ text, want string }{
		{"{table}", "Order Lines"},
		{"{schema}.{table}", "Sales.Order Lines"},
		{"{schema}{table}", "SalesOrder Lines"},
		{"order/line", "order/line"},
	}
	for _, test := range tests {
		typ, err := route.ParseTypeTemplate(test.text)
		if err != nil {
			t.Errorf("%q: got %v, want no error", test.text, err)
			continue
		}
		if got := typ.Type("Sales", "Order Lines"); got != test.want || typ.String() != test.text {
			t.Errorf("%q: got %q of %q, want %q", test.text, got, typ, test.want)
		}
	}
	for _, text := range []string{"", "{key}", "{column:a}", "{column:a", "{x}", "{", "a}", "a\nb", "\xff", strings.Repeat("a", 1025)} {
		if _, err := route.ParseTypeTemplate(text); err == nil {
			t.Errorf("%.40q: got no error, want one", text)
		}
	}
}

func FuzzTypeTemplate(f *testing.F) {
	for _, text := range []string{"{table}", "{schema}.{table}", "{schema}{table}x", "{", "}", "{key}", "{column:\"}\"}"} {
		f.Add(text, "public", "{schema}")
	}
	f.Fuzz(func(t *testing.T, text, schema, table string) {
		typ, err := route.ParseTypeTemplate(text)
		if err != nil {
			return
		}
		want := strings.NewReplacer("{schema}", schema, "{table}", table).Replace(text)
		if got := typ.Type(schema, table); got != want {
			t.Errorf("%q of %q.%q: got %q, want %q", text, schema, table, got, want)
		}
	})
}
