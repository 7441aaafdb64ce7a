package ingest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// settlesAsABag waits until a table's stream adds up to the rows of the table, which
// have no key, and no copy is under way.
func (r *rig) settlesAsABag(table string) {
	r.t.Helper()
	stream, last := "pg/public/"+table, ""
	defer func() {
		if r.t.Failed() {
			r.t.Logf("%s: %s", stream, last)
		}
	}()
	// Each row is numbered, as the rows of a query have a key.
	want := texts(r.selected(fmt.Sprintf("SELECT (row_number() OVER ())::text, to_jsonb(t)::text FROM %s t", table)))
	r.wait(stream+" to be as the table is", func() bool {
		s := r.fold(stream)
		got := texts(s.rows)
		last = fmt.Sprintf("%d copies under way, got\n%s\nwant\n%s", s.open, strings.Join(got, "\n"), strings.Join(want, "\n"))
		return s.open == 0 && slices.Equal(got, want)
	})
}

// texts are rows as JSON, in order. A column that an event has nothing of is NULL.
func texts(all rows) []string {
	var list []string
	for _, row := range all {
		maps.DeleteFunc(row, func(_ string, value any) bool { return value == nil })
		text, _ := json.Marshal(row) // it comes from JSON
		list = append(list, string(text))
	}
	slices.Sort(list)
	return list
}

// TestLog: a table without a key is a log, over a stop, a change of its layout, and
// beside tables that come later.
func TestLog(t *testing.T) {
	r, log := watched(t)
	r.o.Event.NoKey = route.NoKeyAppend
	r.exec(`CREATE TABLE log (v text)`, `INSERT INTO log SELECT 'v' || n % 7 FROM generate_series(1, 30) n`)
	r.start()
	r.settlesAsABag("log")
	if n := log.count(`"level":"warn"`, "public.log", "taken as a log"); n != 1 {
		t.Errorf("got %d warnings that the table is taken as a log, want one", n)
	}
	r.exec(`INSERT INTO log VALUES ('v1'), ('v1')`, `ALTER TABLE log ADD COLUMN n int DEFAULT 7`, `INSERT INTO log VALUES ('v1', 8)`)
	r.noticed("column n was added, with values")
	r.settlesAsABag("log")
	r.exec(`CREATE TABLE late (v text)`, `INSERT INTO late SELECT 'x' FROM generate_series(1, 10)`)
	r.settlesAsABag("late")
	r.exec(`INSERT INTO late VALUES ('x')`)
	r.stop()
	r.exec(`INSERT INTO log VALUES ('v1', 9)`, `TRUNCATE late`, `INSERT INTO late VALUES ('y'), ('y')`)
	r.start()
	r.settlesAsABag("log")
	r.settlesAsABag("late")
	r.stop()
	r.exec(`INSERT INTO log VALUES ('v2', 10)`, `ALTER TABLE log ADD COLUMN id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY`)
	r.start()
	r.noticed("the keys are made of other columns")
	r.settles("log", "id")
}

// TestLogIsChanged: a log whose rows are changed stops the pipeline, and a new copy
// brings it on.
func TestLogIsChanged(t *testing.T) {
	r, _ := watched(t)
	r.o.Event.NoKey = route.NoKeyAppend
	r.exec(`CREATE TABLE log (v text)`, `ALTER TABLE log REPLICA IDENTITY FULL`, `INSERT INTO log VALUES ('a'), ('b')`)
	r.serve()
	r.settlesAsABag("log")
	r.exec(`UPDATE log SET v = 'c' WHERE v = 'b'`)
	r.wait("the end", func() bool { return r.pipeline.Status().State == ingest.StateFailed })
	if s := r.pipeline.Status(); !strings.Contains(s.LastError, "table public.log: a row was updated or deleted") {
		t.Fatalf("got the error %q, want it to tell of the table", s.LastError)
	}
	r.pipeline.Resync()
	r.settlesAsABag("log")
	r.exec(`INSERT INTO log VALUES ('d')`)
	r.settlesAsABag("log")
}

// TestInsertOnlyPublication: a log needs no more, and what happens to its rows besides
// is not seen.
func TestInsertOnlyPublication(t *testing.T) {
	r, _ := watched(t)
	r.o.Event.NoKey, r.o.Manage = route.NoKeyAppend, false
	r.exec(`CREATE TABLE log (v text)`, `CREATE PUBLICATION ds_sync FOR TABLE log WITH (publish = 'insert')`, `INSERT INTO log VALUES ('a')`)
	r.start()
	r.settlesAsABag("log")
	r.exec(`INSERT INTO log VALUES ('b')`)
	r.settlesAsABag("log")
	r.exec(`DELETE FROM log`)
	r.exec(`INSERT INTO log VALUES ('c')`)
	r.wait("the row c", func() bool { return len(r.fold("pg/public/log").rows) == 3 })
}

// TestBag: of a table without a key, equal rows come and go in any number.
func TestBag(t *testing.T) {
	r, _ := watched(t)
	r.o.Event.NoKey = route.NoKeyHash
	changes := []string{
		`INSERT INTO bag SELECT n % 3, 'v' FROM generate_series(1, 20) n`,
		`UPDATE bag SET a = a + 1 WHERE a < 2`, `UPDATE bag SET v = NULL WHERE a = 2`, `UPDATE bag SET v = v`,
		`DELETE FROM bag WHERE ctid IN (SELECT ctid FROM bag WHERE a = 2 LIMIT 5)`,
		`BEGIN; INSERT INTO bag VALUES (1, 'v'), (1, 'v'); DELETE FROM bag WHERE a = 1; INSERT INTO bag VALUES (1, 'v'); COMMIT`,
	}
	r.exec(`CREATE TABLE bag (a int, v text)`, `ALTER TABLE bag REPLICA IDENTITY FULL`, changes[0])
	r.start()
	r.settlesAsABag("bag")
	r.exec(changes...)
	r.settlesAsABag("bag")
	r.stop()
	r.exec(changes...)
	r.start()
	r.settlesAsABag("bag")
	r.exec(`ALTER TABLE bag ADD COLUMN late text`)
	r.noticed("column late was added")
	r.exec(changes...)
	r.exec(`UPDATE bag SET late = 'yes' WHERE a = 1`)
	r.settlesAsABag("bag")
	r.exec(`ALTER TABLE bag DROP COLUMN v`, `DELETE FROM bag WHERE ctid IN (SELECT ctid FROM bag LIMIT 3)`)
	r.noticed("column v was dropped")
	r.settlesAsABag("bag")
	r.exec(`TRUNCATE bag`, `INSERT INTO bag VALUES (1), (1)`)
	r.settlesAsABag("bag")
	r.stop()
	r.exec(`INSERT INTO bag VALUES (3), (3)`, `DELETE FROM bag WHERE a = 1`, `ALTER TABLE bag ADD COLUMN id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY`)
	r.start()
	r.noticed("the keys are made of other columns")
	r.settles("bag", "id")
	r.exec(`ALTER TABLE bag DROP COLUMN id`)
	r.settlesAsABag("bag")
	r.exec(`ALTER TABLE bag REPLICA IDENTITY DEFAULT`)
	r.noticed("there is nothing left to make keys of")
	r.exec(`INSERT INTO bag VALUES (2), (2)`, `ALTER TABLE bag REPLICA IDENTITY FULL`, `DELETE FROM bag WHERE a = 1`, `INSERT INTO bag VALUES (2)`)
	r.settlesAsABag("bag")
	r.stop()
	// Another way to make keys is another history of the table.
	r.o.Event.NoKey = route.NoKeyAppend
	r.start()
	r.noticed("the keys of rows that have none are made in another way")
	r.exec(`INSERT INTO bag VALUES (2)`)
	r.settlesAsABag("bag")
}
