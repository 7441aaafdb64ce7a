package snapshot_test

import (
	"slices"
	"testing"
)

// varied is a row of many types, with values that are awkward as text.
const varied = `CREATE TYPE mood AS ENUM ('sad', 'so so');
	CREATE TYPE pair AS (a int, b text);
	CREATE DOMAIN price AS numeric(10, 2);
	CREATE TABLE varied (id int PRIMARY KEY, b bool, i8 int8, f8 float8, n numeric, p price, m mood, c char(5), t text,
		by bytea, d date, ts timestamp, tz timestamptz, iv interval, j json, jb jsonb, ia int[], ta text[], pr pair,
		r int4range, u uuid, mo money, inet inet, x xml, bits bit varying, reg regclass, big text);`

const variedRow = `true, 9223372036854775807, 'NaN', 1.50, 3, 'so so', 'ab', E'tab\tnew\nline\\back "quote" \u00e9 \U0001F600',
	'\x00ff5c', '0044-03-15 BC', '294276-12-31 23:59:59', 'infinity', '1 year -2 days 03:04:05.6', '{"a": 1.0,  "a":null}', '{"b": [1, 2]}',
	'[2:3]={1,NULL}', '{"a b",NULL,"NULL","q\"c"}', ROW(1, 'x,y'), '[1,5)', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 12.5, '10.0.0.1/8',
	'<a/>', B'101', 'public.varied', (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 200) i)`

// TestSameText: a row has the same events if it is copied and if it is inserted, but
// for their headers.
func TestSameText(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "", varied,
		"INSERT INTO varied VALUES (1, "+variedRow+"), (2, "+
			"NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', '', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', NULL, 'empty', NULL, NULL, NULL, NULL, NULL, NULL, NULL)")
	w.server.ExecIn(t, w.db, "ALTER DATABASE "+w.db+" SET DateStyle = 'German'", "ALTER DATABASE "+w.db+" SET bytea_output = 'escape'",
		"ALTER DATABASE "+w.db+" SET extra_float_digits = -10", "ALTER DATABASE "+w.db+" SET IntervalStyle = 'sql_standard'")
	slot, err := w.consistent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	copied := w.fold("varied")
	s := w.stream(slot.ConsistentPoint)
	defer s.stop()
	w.exec("CREATE TEMP TABLE kept AS SELECT * FROM varied; DELETE FROM varied; INSERT INTO varied SELECT * FROM kept")
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	if all := w.read("pg/public/varied"); len(all) != 8 {
		t.Fatalf("%d messages, want 2 copied, 2 deleted, 2 inserted, 2 around the copy", len(all))
	}
	if streamed := w.fold("varied"); len(streamed) != 2 || !slices.Equal(streamed, copied) {
		t.Errorf("streamed\n%q\nwant as copied\n%q", streamed, copied)
	}
}

// TestExtended: copied rows say so where headers of our own are wanted.
func TestExtended(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "", "CREATE TABLE one (id int PRIMARY KEY); INSERT INTO one VALUES (1)")
	w.o.Extended = true
	w.again()
	if _, err := w.consistent(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := w.read("pg/public/one"); len(all) != 3 || !all[1].Headers.Snapshot {
		t.Errorf("got %+v, want a row that is marked as copied", all)
	}
}

// TestSelected: the copy has the rows and the columns that the publication has.
func TestSelected(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "",
		"CREATE TABLE picked (a int, id int PRIMARY KEY, b text, made int GENERATED ALWAYS AS (a * 2) STORED)",
		"INSERT INTO picked SELECT n, n, 'x' FROM generate_series(1, 10) n")
	w.exec("DROP PUBLICATION p")
	w.exec("CREATE PUBLICATION p FOR TABLE picked (id, a) WHERE (id > 3 AND id < 6)")
	if _, err := w.consistent(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{`4 {"a":4,"id":4}`, `5 {"a":5,"id":5}`}
	if got := w.fold("picked"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
