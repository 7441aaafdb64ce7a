package snapshot_test

import (
	"context"
	"testing"
)

// many makes a table of rows that take some dozens of blocks.
const many = `CREATE TABLE many (id int PRIMARY KEY, text text);
	INSERT INTO many SELECT n, repeat('x', 200) || n FROM generate_series(1, 5000) n`

func TestConsistent(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "", many,
		"CREATE TABLE pairs (b text, a int, PRIMARY KEY (a, b)); INSERT INTO pairs VALUES ('x', 1), ('y', 1)",
		"CREATE TABLE nothing (id int PRIMARY KEY)",
		"CREATE TABLE parted (id int PRIMARY KEY, t text) PARTITION BY RANGE (id)",
		"CREATE TABLE part1 (t text, id int NOT NULL)", "ALTER TABLE parted ATTACH PARTITION part1 FOR VALUES FROM (0) TO (100)",
		"CREATE TABLE part2 PARTITION OF parted FOR VALUES FROM (100) TO (1000)",
		"INSERT INTO parted SELECT n, 'p' || n FROM generate_series(1, 300) n")
	if _, err := w.consistent(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.same("many", "id")
	w.same("pairs", "a || ',' || b")
	w.same("parted", "id")
	w.enclosed("pg/public/many", 5000)
	w.enclosed("pg/public/nothing", 0)
	w.enclosed("pg/public/parted", 300)
}

// enclosed holds that a stream has one copy, of so many rows.
func (w *world) enclosed(name string, rows int) {
	w.t.Helper()
	all := w.read(name)
	if len(all) != rows+2 {
		w.t.Fatalf("%s: %d messages, want %d rows and two around them", name, len(all), rows)
	}
	if first, last := all[0].Headers.Control, all[rows+1].Headers.Control; first != "snapshot-start" || last != "snapshot-end" {
		w.t.Errorf("%s is between %q and %q", name, first, last)
	}
	for _, m := range all[1 : rows+1] {
		if m.Headers.Operation != "insert" || m.Headers.TxID != "" {
			w.t.Fatalf("%s: a copied row has headers %+v", name, m.Headers)
		}
	}
	if st, err := w.sink.State(context.Background(), name); err != nil || st.Note != "" {
		w.t.Errorf("%s: note %q, %v, want none", name, st.Note, err)
	}
}
