package fold_test

import (
	"os"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/fold"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// TestReadTable holds what Postgres says of its values against the table of types
// in the specification.
func TestReadTable(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	server.ExecIn(t, db,
		`alter database `+db+` set timezone to 'Asia/Kathmandu'`,
		`create domain price as numeric check (value > 0)`,
		`create domain fair as price`,
		`create table "Odd, ""name""" (a text, b int, flag bool, n8 int8, n numeric, f float8, nan float8,
			raw bytea, at timestamptz, plain timestamp, day date, span interval, j json, jb jsonb, tags text[],
			cost fair, gone int, nothing text, twice int generated always as (b * 2) stored, primary key (a, b))`,
		`alter table "Odd, ""name""" drop column gone`,
		`insert into "Odd, ""name""" values ('x,/%', 7, true, 9223372036854775807, 1.50, 1e20, 'NaN', '\x00ff',
			'2026-01-02 03:04:05.678+02', '2026-01-02 03:04:05', '2026-01-02', '1 day 2 hours',
			'{"b" : 1.0, "b":2}', '{"b":1.0, "a":[1]}', '{"q\"", null, "é"}', 3.00, null)`,
		`insert into "Odd, ""name""" (a, b) values ('z', 1)`,
	)
	got, err := fold.ReadTable(t.Context(), server.Conn(t, db), fold.Table{
		Schema: "public", Name: `Odd, "name"`, Key: []string{"a", "b"}, Where: "flag",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := fold.Rows{"x%2C%2F%25,7": {}}
	for column, value := range map[string]string{
		"a": `"x,/%"`, "b": `7`, "flag": `true`, "n8": `9223372036854775807`, "n": `"1.50"`, "f": `1e+20`,
		"nan": `"NaN"`, "raw": `"AP8="`, "at": `"2026-01-02T01:04:05.678Z"`, "plain": `"2026-01-02T03:04:05"`,
		"day": `"2026-01-02"`, "span": `"P1DT2H"`, "j": `{"b":1.0,"b":2}`, "jb": `{"a":[1],"b":1.0}`,
		"tags": `["q\"",null,"é"]`, "cost": `"3.00"`, "nothing": `null`,
	} {
		canonical, err := fold.Canonical([]byte(value))
		if err != nil {
			t.Fatal(err)
		}
		want["x%2C%2F%25,7"][column] = canonical
	}
	if found := fold.Compare(got, want); len(found) != 0 {
		t.Errorf("got (as the stream) and want (as the table) differ:\n%s", found)
	}
}

func TestReadTableOnly(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	server.ExecIn(t, db, `create table a (id int primary key, seen int, hidden int)`, `insert into a values (1, 2, 3)`)
	got, err := fold.ReadTable(t.Context(), server.Conn(t, db), fold.Table{
		Schema: "public", Name: "a", Key: []string{"id"}, Only: []string{"id", "seen"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if found := fold.Compare(got, fold.Rows{"1": {"id": "1 ", "seen": "2 "}}); len(found) != 0 {
		t.Errorf("got %v, want the columns id and seen:\n%s", got, found)
	}
}
