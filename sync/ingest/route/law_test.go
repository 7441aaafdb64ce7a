package route_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// twoColumns are templates in which the column a, and then b, tell streams apart.
var twoColumns = []string{
	"{column:a}/{column:b}", "{column:a}-{column:b}", "{column:a}.{column:b}", "{column:a}_{column:b}", "_{column:a}_{column:b}s",
	".{column:a}.{column:b}.", "u/{column:a}--{column:b}/o", "x{column:a}/{column:b}x", "{column:a}:2{column:b}", "{column:a}-{column:b}-{table}",
}

// value draws a column's value, often of bytes that mean something in names.
func value() *rapid.Generator[[]byte] {
	odd := rapid.Map(rapid.StringMatching(`[%./_\-ds25ECnul\n\x{85}ä]{0,4}`), func(s string) []byte { return []byte(s) })
	return rapid.OneOf(odd, rapid.SliceOfN(rapid.Byte(), 0, 6), rapid.Just([]byte(nil)))
}

func TestNamesAreValidAndTellRowsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tpl, err := route.ParseTemplate(rapid.SampledFrom(twoColumns).Draw(t, "template"))
		if err != nil {
			t.Fatal(err)
		}
		one := [][]byte{value().Draw(t, "a"), value().Draw(t, "b")}
		two := [][]byte{value().Draw(t, "other a"), value().Draw(t, "other b")}
		name := string(tpl.Append(nil, route.Row{Table: "t", Columns: one}))
		other := string(tpl.Append(nil, route.Row{Table: "t", Columns: two}))
		checkName(t, name)
		if same(one, two) != (name == other) {
			t.Errorf("%s: %q got stream %q, and %q got %q", tpl, one, name, two, other)
		}
	})
}

func same(a, b [][]byte) bool {
	for i := range a {
		if string(a[i]) != string(b[i]) || (a[i] == nil) != (b[i] == nil) {
			return false
		}
	}
	return true
}

// TestNoTwoValuesMeet goes through all short values of the bytes that the rules
// are about; chance would hardly find the pairs that matter.
func TestNoTwoValuesMeet(t *testing.T) {
	short := upTo(2, "%25ED._-s/\n\xc2\x85")
	for _, text := range twoColumns {
		tpl := template(t, text)
		seen := make(map[string][2]string, len(short)*len(short))
		for _, a := range short {
			for _, b := range short {
				name := string(tpl.Append(nil, route.Row{Table: "t", Columns: [][]byte{[]byte(a), []byte(b)}}))
				if before, twice := seen[name]; twice {
					t.Fatalf("%s: %q and %q have the stream %q", text, before, [2]string{a, b}, name)
				}
				seen[name] = [2]string{a, b}
			}
		}
	}
	for _, text := range []string{"{column:a}", "u/{column:a}", "_{column:a}", ".{column:a}", "{column:a}s", "__{column:a}"} {
		tpl := template(t, text)
		seen := map[string]string{}
		for _, a := range upTo(4, "%25F_ds.") {
			name := string(tpl.Append(nil, route.Row{Columns: [][]byte{[]byte(a)}}))
			checkName(t, name)
			if before, twice := seen[name]; twice {
				t.Fatalf("%s: %q and %q have the stream %q", text, before, a, name)
			}
			seen[name] = a
		}
	}
}

// upTo returns all texts of at most n of the bytes.
func upTo(n int, bytes string) []string {
	all := []string{""}
	for start := 0; n > 0; n-- {
		end := len(all)
		for _, s := range all[start:end] {
			for i := range len(bytes) {
				all = append(all, s+bytes[i:i+1])
			}
		}
		start = end
	}
	return all
}

// FuzzTemplate proves of any template that is accepted that its names are valid,
// and that they tell two rows apart.
func FuzzTemplate(f *testing.F) {
	for _, text := range append(twoColumns, "{", "{column:a", "a/{key}/{schema}.{table}", "{schema}{table}", "x-{key}-{column:\"a\"\"}\"}") {
		f.Add(text, "v", "a-b", "w", "%2E")
	}
	f.Fuzz(func(t *testing.T, text, a, b, c, d string) {
		tpl, err := route.ParseTemplate(text)
		if err != nil {
			if msg := err.Error(); strings.Contains(msg, "\n") {
				t.Errorf("%q: got message %q, want one line", text, msg)
			}
			return
		}
		one, two := filled(tpl, a, b), filled(tpl, c, d)
		name, other := string(tpl.Append(nil, one)), string(tpl.Append(nil, two))
		checkName(t, name)
		checkName(t, other)
		usesA := strings.Contains(text, "{schema}") || strings.Contains(text, "{key}") || len(tpl.Columns()) > 0
		if usesA && a != c && name == other {
			t.Errorf("%q: got %q for %q and for %q", text, name, []string{a, b}, []string{c, d})
		}
	})
}

// filled is a row of the template in which a and b take turns, table last.
func filled(tpl *route.Template, a, b string) route.Row {
	row := route.Row{Schema: a, Table: b, Key: []byte(a)}
	for i := range tpl.Columns() {
		row.Columns = append(row.Columns, []byte([2]string{a, b}[i%2]))
	}
	return row
}
