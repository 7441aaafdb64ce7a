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
		{"primary key of later", three(pgoutput.IdentityDefault, true), []string{"v"}, nil, []int{0}, ""},
		{"wider primary key of later", three(pgoutput.IdentityDefault, true), []string{"v", "id"}, nil, []int{0}, ""},
		{"primary key of a later column", three(pgoutput.IdentityDefault, true), []string{"uuid"}, nil, []int{0}, ""},
		{"not published", three(pgoutput.IdentityDefault), []string{"gone"}, nil, nil, "column gone is not published"},
		{"full, primary key of a later column", three(pgoutput.IdentityFull, true, true, true), []string{"uuid"}, nil, nil, event.ErrNoKey.Error()},
		{"routes file, of a later column", three(pgoutput.IdentityFull, true, true, true), []string{"id"},
			[]string{"table: public.t, key: [uuid]"}, nil, event.ErrNoColumn.Error()},
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
	_, err := event.NewTable(three(pgoutput.IdentityFull, true, true, true), event.Facts{Key: []string{"younger"}}, config(t, "{table}"))
	if !errors.Is(err, event.ErrNoKey) {
		t.Errorf("a key that is younger than the change: got error %v, want %v", err, event.ErrNoKey)
	}
	_, err = event.NewTable(three(pgoutput.IdentityNothing), event.Facts{}, config(t, "{table}"))
	if !errors.Is(err, event.ErrNoKey) {
		t.Errorf("got error %v, want %v", err, event.ErrNoKey)
	}
}

// TestKeyless: what is done with a table without a key.
func TestKeyless(t *testing.T) {
	full, bare := three(pgoutput.IdentityFull, true, true, true), three(pgoutput.IdentityDefault)
	for _, test := range []struct {
		name     string
		r        *pgoutput.Relation
		noKey    route.NoKey
		template string
		routes   []string
		want     route.NoKey
		err      error
	}{
		{"refused", bare, route.NoKeyRefuse, "{table}", nil, "", event.ErrNoKey},
		{"log", bare, route.NoKeyAppend, "{table}", nil, route.NoKeyAppend, nil},
		{"log with old rows", full, route.NoKeyAppend, "{table}", nil, route.NoKeyAppend, nil},
		{"hash", full, route.NoKeyHash, "{column:v}/{table}", nil, route.NoKeyHash, nil},
		{"hash without old rows", bare, route.NoKeyHash, "{table}", nil, "", event.ErrNoKey},
		{"streams of keys", full, route.NoKeyHash, "x/{column:v}-{key}", nil, "", event.ErrKeyedStreams},
		{"key of the routes file", full, route.NoKeyHash, "{key}", []string{"table: public.t, key: [id]"}, "", nil},
		{"policy of the routes file", bare, route.NoKeyRefuse, "{table}", []string{"table: public.t, no_key: append"}, route.NoKeyAppend, nil},
		{"refused by the routes file", bare, route.NoKeyAppend, "{table}", []string{"table: public.t, no_key: refuse"}, "", event.ErrNoKey},
	} {
		c := config(t, test.template, test.routes...)
		c.NoKey = test.noKey
		table, err := event.NewTable(test.r, event.Facts{}, c)
		if !errors.Is(err, test.err) || err == nil && table.Keyless != test.want {
			t.Errorf("%s: got %+v, error %v, want %q, error %v", test.name, table, err, test.want, test.err)
		}
	}
	c := config(t, "{table}")
	c.NoKey = route.NoKeyHash
	table, err := event.NewTable(full, event.Facts{Key: []string{"younger"}}, c)
	if err != nil || table.Keyless != route.NoKeyHash {
		t.Errorf("a key that is younger than the change: got %+v, error %v, want %q", table, err, route.NoKeyHash)
	}
	table, err = event.NewTable(three(pgoutput.IdentityDefault, true), event.Facts{Key: []string{"id"}}, c)
	if err != nil || table.Keyless != "" || !slices.Equal(table.Key, []int{0}) {
		t.Errorf("a table with a key: got %+v, error %v, want it to use that", table, err)
	}
}

// TestHashedKey: of the hash of a row NULL is no part, and its number has its place in
// the event.
func TestHashedKey(t *testing.T) {
	c := config(t, "{table}")
	c.NoKey = route.NoKeyHash
	table, err := event.NewTable(three(pgoutput.IdentityFull, true, true, true), event.Facts{}, c)
	if err != nil {
		t.Fatal(err)
	}
	bare := three(pgoutput.IdentityFull, true, true)
	bare.Columns = bare.Columns[:2]
	narrow, err := event.NewTable(bare, event.Facts{}, c)
	if err != nil {
		t.Fatal(err)
	}
	row := pgoutput.Tuple{text("7"), text("a"), null}
	hash := table.AppendHash(nil, row)
	if got := narrow.AppendHash(nil, row[:2]); string(got) != string(hash) {
		t.Errorf("with a column that is NULL: got %s, want %s", hash, got)
	}
	if other := table.AppendHash(nil, pgoutput.Tuple{text("7"), null, null}); string(other) == string(hash) {
		t.Errorf("another row: got the same hash %s, want another", hash)
	}
	e, err := table.Append(nil, &event.Change{Operation: event.Insert, Key: hash, Row: row}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := string(e[:table.NumberAt()]) + "-1" + string(e[table.NumberAt():])
	if want := `{"type":"t","key":"` + string(hash) + `-1","value":{"id":7,`; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want it to begin with %s", got, want)
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
	if newTable(t, config(t, "pg/{schema}/{table}", "table: public.u, template: pg/public/t")).Alone() {
		t.Error("got a table that is alone, want none beside one that is sent to its stream")
	}
	_, err := event.NewTable(three(pgoutput.IdentityDefault, true), event.Facts{}, config(t, "{column:gone}"))
	if err == nil || !strings.Contains(err.Error(), "of public.t: column gone: ") {
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
