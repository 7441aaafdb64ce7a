package event_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// Types of Postgres.
const (
	boolOID  = 16
	byteaOID = 17
	int8OID  = 20
	textOID  = 25
	jsonOID  = 114
)

// three is a table with a key, a text, and a name that JSON has to escape.
func three(identity pgoutput.Identity, keys ...bool) *pgoutput.Relation {
	r := &pgoutput.Relation{ID: 1, Schema: "public", Name: "t", Identity: identity, Columns: []pgoutput.RelationColumn{
		{Name: "id", Type: int8OID, Modifier: -1}, {Name: "v", Type: textOID, Modifier: -1}, {Name: `Odd "name`, Type: boolOID, Modifier: -1},
	}}
	for i, key := range keys {
		r.Columns[i].Key = key
	}
	return r
}

// config has the routes of a file's lines beside the usual templates.
func config(t testing.TB, template string, routes ...string) *event.Config {
	t.Helper()
	streams, err := route.ParseTemplate(template)
	if err != nil {
		t.Fatal(err)
	}
	types, err := route.ParseTypeTemplate("{table}")
	if err != nil {
		t.Fatal(err)
	}
	c := &event.Config{Stream: streams, Type: types}
	if len(routes) > 0 {
		if c.Routes, err = route.ParseRoutes([]byte("tables:\n  - {" + strings.Join(routes, "}\n  - {") + "}\n")); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func newTable(t testing.TB, c *event.Config) *event.Table {
	t.Helper()
	if c == nil {
		c = config(t, "pg/{schema}/{table}")
	}
	table, err := event.NewTable(three(pgoutput.IdentityDefault, true), event.Facts{Key: []string{"id"}}, c)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestKey: where the columns of the key come from.
func TestKey(t *testing.T) {
	wanted := "table: public.t, key: [v, id]"
	for _, test := range []struct {
		name    string
		r       *pgoutput.Relation
		primary []string
		routes  []string
		want    []int
		err     string
	}{
		{"primary key", three(pgoutput.IdentityDefault, true), []string{"id"}, nil, []int{0}, ""},
		{"primary key in its own order", three(pgoutput.IdentityDefault, true, true), []string{"v", "id"}, nil, []int{1, 0}, ""},
		{"full, with a primary key", three(pgoutput.IdentityFull, true, true, true), []string{"v"}, nil, []int{1}, ""},
		{"full, without", three(pgoutput.IdentityFull, true, true, true), nil, nil, nil, event.ErrNoKey.Error()},
		{"index", three(pgoutput.IdentityIndex, false, true), []string{"id"}, nil, []int{1}, ""},
		{"table is gone", three(pgoutput.IdentityDefault, true), nil, nil, []int{0}, ""},
		{"nothing", three(pgoutput.IdentityNothing), []string{"id"}, nil, nil, event.ErrNoKey.Error()},
		{"routes file", three(pgoutput.IdentityFull, true, true, true), []string{"id"}, []string{wanted}, []int{1, 0}, ""},
		{"not published", three(pgoutput.IdentityDefault, true), []string{"gone"}, nil, nil, "column gone is not published"},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, err := event.NewTable(test.r, event.Facts{Key: test.primary}, config(t, "{table}", test.routes...))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got error %v, want one with %q", err, test.err)
				}
				return
			}
			if err != nil || !slices.Equal(table.Key, test.want) {
				t.Fatalf("got key %v, %v, want %v", table.Key, err, test.want)
			}
		})
	}
	_, err := event.NewTable(three(pgoutput.IdentityNothing), event.Facts{}, config(t, "{table}"))
	if !errors.Is(err, event.ErrNoKey) {
		t.Errorf("got error %v, want %v", err, event.ErrNoKey)
	}
}

// TestStream: the name of a row's stream, and what is said of all the table's.
func TestStream(t *testing.T) {
	row := pgoutput.Tuple{text("7"), text("a/b"), null}
	for _, test := range []struct {
		template             string
		stream, fixed, begin string
		alone                bool
	}{
		{"pg/{schema}/{table}", "pg/public/t", "pg/public/t", "pg/public/t", true},
		{"{table}", "t", "t", "t", false},
		{"by/{column:v}/{table}", "by/a%2Fb/t", "", "by/", false},
		{"{schema}/{table}/{key}", "public/t/7", "", "public/t/", true},
		{`x/{column:"Odd ""name"}`, "x/%25null", "", "x/", false},
	} {
		table := newTable(t, config(t, test.template))
		if got := string(table.Stream([]byte("7"), row)); got != test.stream {
			t.Errorf("%s: got stream %q, want %q", test.template, got, test.stream)
		}
		if table.Fixed() != test.fixed || table.Prefix() != test.begin || table.Alone() != test.alone {
			t.Errorf("%s: got fixed %q, prefix %q, alone %v, want %q, %q, %v",
				test.template, table.Fixed(), table.Prefix(), table.Alone(), test.fixed, test.begin, test.alone)
		}
	}
	_, err := event.NewTable(three(pgoutput.IdentityDefault, true), event.Facts{}, config(t, "{column:gone}"))
	if err == nil || !strings.Contains(err.Error(), "public.t has no published column gone") {
		t.Errorf("got error %v, want one that names the column", err)
	}
}

// TestEncodings: a column may be written in another way than its type is elsewhere.
func TestEncodings(t *testing.T) {
	r := &pgoutput.Relation{ID: 1, Schema: "public", Name: "t", Identity: pgoutput.IdentityDefault, Columns: []pgoutput.RelationColumn{
		{Name: "id", Type: int8OID, Key: true}, {Name: "b", Type: byteaOID}, {Name: "j", Type: jsonOID},
	}}
	for _, test := range []struct{ encodings, want string }{
		{"", `{"id":1,"b":"AQ==","j":{}}`},
		{", encodings: {id: string, b: hex, j: string}", `{"id":"1","b":"01","j":"{}"}`},
		{", type: other, encodings: {id: number, b: base64, j: verbatim}", `{"id":1,"b":"AQ==","j":{}}`},
	} {
		table, err := event.NewTable(r, event.Facts{}, config(t, "{table}", "table: public.t"+test.encodings))
		if err != nil {
			t.Fatal(err)
		}
		c := &event.Change{Operation: event.Insert, Key: []byte("1"), Row: pgoutput.Tuple{text("1"), text(`\x01`), text("{}")}}
		got, err := table.Append(nil, c, nil)
		want := `{"type":"` + table.Type + `","key":"1","value":` + test.want + `,"headers":{"operation":"insert"}},`
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", test.encodings, got, err, want)
		}
	}
}
