package route_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/sync/ingest/route"
)

func TestAppend(t *testing.T) {
	row := func(values ...string) (r route.Row) {
		r.Schema, r.Table, r.Key = "Sales", "Order Lines", []byte("1,2")
		for _, v := range values {
			r.Columns = append(r.Columns, []byte(v))
		}
		return r
	}
	null := row()
	null.Columns = [][]byte{nil}
	empty := row()
	empty.Columns = [][]byte{{}}

	tests := []struct {
		text string
		row  route.Row
		want string
	}{
		{"pg/{schema}/{table}", row(), "pg/Sales/Order Lines"},
		{"{table}/{key}", row(), "Order Lines/1,2"},
		{"u/{column:a}/o", row("7"), "u/7/o"},
		{"u/{column:a}/o", row("a/b"), "u/a%2Fb/o"},
		{"u/{column:a}/o", row("100%"), "u/100%25/o"},
		{"u/{column:a}/o", row("äöü →"), "u/äöü →/o"},
		{"u/{column:a}/o", null, "u/%25null/o"},
		{"u/{column:a}/o", empty, "u/%25empty/o"},
		{"u/{column:a}/o", row("null"), "u/null/o"},
		{"u/{column:a}/o", row("%null"), "u/%25%2525null/o"},
		{"u/{column:a}/o", row("."), "u/%25%252E/o"},
		{"u/{column:a}/o", row(".."), "u/%25%252E./o"},
		{"u/{column:a}/o", row("..."), "u/.../o"},
		{"u/{column:a}/o", row("a\nb/c%"), "u/%25a%250Ab%2Fc%2525/o"},
		{"u/{column:a}/o", row("\u0085é"), "u/%25%25C2%2585é/o"},
		{"u/{column:a}/o", row("\xff"), "u/%25%25FF/o"},
		{"{column:a}", row("__ds"), "%25%255F_ds"},
		{"u/{column:a}", row("__ds"), "u/__ds"},
		{"__{column:a}", row("ds"), "%25%255F_ds"},
		{".{column:a}", row("."), "%25%252E."},
		{"50%/{column:a}", row("x"), "50%25/x"},
		{"{column:a}-{column:b}", row("x-y", "z-"), "%25x%252Dy-z-"},
		{"{column:a}-{column:b}-c", row("x", "y-z"), "x-y-z-c"},
		{"{schema}.{table}", route.Row{Schema: "a.b", Table: "c.d"}, "%25a%252Eb.c.d"},
	}
	for _, test := range tests {
		got := string(template(t, test.text).Append([]byte("x"), test.row))
		if got != "x"+test.want {
			t.Errorf("%s: got %q, want %q behind an x", test.text, got, test.want)
		}
	}
}

// Names of tables that SQL has to quote must come through.
func TestOddTables(t *testing.T) {
	tpl := template(t, "pg/{schema}/{table}")
	seen := map[string]string{}
	for _, name := range []string{
		`quo"te`, "do.t", ".", "..", "sla/sh", "sp ace", "{table}", "}", "ünïcödé", "select", "__ds", "%", "%2F", "%25", "null", "%null", "%empty", "a\tb",
		strings.Repeat("x", 63), strings.Repeat("\n", 63),
	} {
		got := string(tpl.Append(nil, route.Row{Schema: name, Table: name}))
		checkName(t, got)
		if before, twice := seen[got]; twice {
			t.Errorf("%q and %q: got the same stream %q", before, name, got)
		}
		seen[got] = name
	}
}

// The URL of an ordinary value is what a client makes of it by itself.
func TestOrdinaryValuesAreEscapedOnce(t *testing.T) {
	tpl := template(t, "u/{column:id}")
	for value, want := range map[string]string{"a/b": "u/a%2Fb", "a%b": "u/a%25b", "a b": "u/a%20b", "a?b#c": "u/a%3Fb%23c", "1,2%2C": "u/1%2C2%252C"} {
		name := tpl.Append(nil, route.Row{Columns: [][]byte{[]byte(value)}})
		if got := (limits.Names{}).Path(string(name)); got != want {
			t.Errorf("URL of %q: got %q, want %q", value, got, want)
		}
	}
}

// checkName proves that a name is one that streams may have, in canonical form.
func checkName(t interface {
	Helper()
	Fatalf(string, ...any)
}, name string) {
	t.Helper()
	got, err := (limits.Names{}).Parse(name)
	if err != nil || got != name {
		t.Fatalf("name %q: parsed as %q with error %v, want itself", name, got, err)
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	tpl := template(t, "u/{column:a}/{table}/{key}")
	row := route.Row{Schema: "s", Table: "tä", Key: []byte("k\x01é"), Columns: [][]byte{[]byte("v/ü%")}}
	dst := make([]byte, 0, 256)
	if got := testing.AllocsPerRun(100, func() { dst = tpl.Append(dst[:0], row) }); got != 0 {
		t.Errorf("append: got %v allocations, want none", got)
	}
}

func BenchmarkAppend(b *testing.B) {
	tpl := template(b, "users/{column:user_id}/orders")
	row := route.Row{Columns: [][]byte{[]byte("1234567")}}
	dst := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		dst = tpl.Append(dst[:0], row)
	}
}
