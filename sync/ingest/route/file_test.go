package route_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/route"
)

const wholeFile = `
tables:
  - table: public.orders
    template: users/{column:user_id}/orders
    type: order
    key: [id, '"Line"']
    columns: [id, '"Line"', user_id, total]
    where: |
      deleted_at IS NULL
        AND total > 0
    encodings: {total: number}
    snapshot: never
    no_key: append
  - table: '"Sales".*'
`

func TestParseRoutes(t *testing.T) {
	routes, err := route.ParseRoutes([]byte(wholeFile))
	if err != nil {
		t.Fatalf("got %v, want no error", err)
	}
	got := routes.For("public", "orders")
	if got == nil {
		t.Fatal("public.orders: got no route, want one")
	}
	typ, err := route.ParseTypeTemplate("order")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := route.ParsePattern("public.orders")
	if err != nil {
		t.Fatal(err)
	}
	want := route.Route{
		Tables: tables, Stream: template(t, "users/{column:user_id}/orders"), Type: typ,
		Key: []string{"id", "Line"}, Columns: []string{"id", "Line", "user_id", "total"},
		Where:     "deleted_at IS NULL\n  AND total > 0\n",
		Encodings: map[string]route.Encoding{"total": route.EncodeNumber}, Snapshot: route.SnapshotNever,
		NoKey: route.NoKeyAppend,
	}
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("route: got %+v, want %+v", *got, want)
	}
	if got := routes.For("Sales", "x"); got == nil || got.Stream != nil || got.Snapshot != "" {
		t.Errorf("Sales.x: got %+v, want a route that says nothing", got)
	}
	if got := routes.For("other", "orders"); got != nil {
		t.Errorf("other.orders: got %+v, want no route", got)
	}
}

func TestFirstRouteCounts(t *testing.T) {
	routes, err := route.ParseRoutes([]byte("tables: [{table: a.b, snapshot: never}, {table: a.*, snapshot: auto}]"))
	if err != nil {
		t.Fatal(err)
	}
	if got := routes.For("a", "b").Snapshot; got != route.SnapshotNever {
		t.Errorf("a.b: got %q, want the first entry's", got)
	}
	if got := routes.For("a", "c").Snapshot; got != route.SnapshotAuto {
		t.Errorf("a.c: got %q, want the second entry's", got)
	}
}

func TestFilesWithoutRoutes(t *testing.T) {
	for _, file := range []string{"", "# nothing\n", "---\n", "tables: []", "{}"} {
		if routes, err := route.ParseRoutes([]byte(file)); err != nil || len(routes) != 0 {
			t.Errorf("%q: got %+v and error %v, want neither", file, routes, err)
		}
	}
}

func TestEveryMistakeOfAFile(t *testing.T) {
	_, err := route.ParseRoutes([]byte(`
tables:
  - table: orders
    templat: x
  - template: "{tabel}"
    type: "{key}"
    key: id
    columns: []
  - table: a.b
    key: [x, x]
    columns: [y]
    encodings: {z: decimal, y: string, Y: hex}
    where: " "
    snapshot: [never]
  - table: A.B
    where: ~
  - 7
  - table: a.c
    table: a.d
extra: 1
`))
	var list *route.RoutesError
	if !errors.As(err, &list) {
		t.Fatalf("got %v, want a *RoutesError", err)
	}
	want := []string{
		`line 3: "orders": byte 7: want a dot`,
		`line 4: "templat" is not known here, want columns, encodings,`,
		`line 5: "{tabel}": byte 1: no placeholder`,
		`line 6: "{key}": byte 1: a type may have`,
		`line 7: want a list here, not "id"`,
		`line 8: a list without columns`,
		`line 5: an entry without table`,
		`line 10: the column "x" twice`,
		`line 12: "decimal": want one of string number`,
		`line 12: the column "y" twice`,
		`line 13: " ": an empty condition`,
		`line 14: want a text here, not a list`,
		`line 11: columns without "x",`,
		`line 11: columns without "z",`,
		`line 16: want a text here, not nothing`,
		`line 15: "a.b" was there before, in line 9`,
		`line 17: want names with values here, not "7"`,
		`line 19: table twice`,
		`line 20: "extra" is not known here, want tables`,
	}
	for i, text := range list.Mistakes {
		if i < len(want) && !strings.HasPrefix(text, want[i]) {
			t.Errorf("mistake %d: got %q, want %q", i, text, want[i])
		}
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q: got no %q", err, text)
		}
	}
	if len(list.Mistakes) != len(want) {
		t.Errorf("mistakes: got %d, want %d: %q", len(list.Mistakes), len(want), list.Mistakes)
	}
}

func TestFilesRefused(t *testing.T) {
	tests := []struct{ about, file, want string }{
		{"no YAML", "tables: [", "read YAML"},
		{"no names", "- a", "want names with values here, not a list"},
		{"two documents", "tables: []\n---\ntables: []\n", "several documents"},
		{"an alias", "tables: &t\n  - table: a.b\n", "an alias or an anchor"},
		{"the other half of it", "tables: [{table: &n a.b}, {table: *n}]", "an alias or an anchor"},
		{"a long file", strings.Repeat("#", 1<<20+1), "longer than"},
		{"many tables", "tables: [" + strings.Repeat("{}, ", 1001) + "]", "more than 1000 tables"},
		{"a long condition", "tables: [{table: a.b, where: " + strings.Repeat("x", 9000) + "}]", "longer than 8192"},
		{"a NUL", "tables: [{table: a.b, where: \"x\\0\"}]", "NUL"},
		{"several names", "tables: [{table: a.b, key: ['x, y']}]", "several names"},
	}
	for _, test := range tests {
		_, err := route.ParseRoutes([]byte(test.file))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.about, err, test.want)
		}
	}
}

func FuzzRoutes(f *testing.F) {
	for _, file := range []string{wholeFile, "", "tables: [", "a: &a [*a]", "tables: [{table: a.b, ? [x]: y}]", "tables: [{table: a.b, key: ['\"x\ny\"', '\"x\ny\"']}]", "tables: [{table: a.b, key: [\"\\\"\\n\\\"\", \"\\\"\\n\\\"\"]}]", "!!binary x", "--- a\n--- b"} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		_, err := route.ParseRoutes(file)
		var list *route.RoutesError
		switch {
		case err == nil:
		case !errors.As(err, &list) || len(list.Mistakes) == 0:
			t.Fatalf("got error %v of type %T, want a *RoutesError with mistakes", err, err)
		case slices.ContainsFunc(list.Mistakes, func(m string) bool { return strings.ContainsAny(m, "\n\r") }):
			t.Errorf("got mistakes %q, want each on one line", list.Mistakes)
		}
	})
}
