package snapshot_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/snapshot"
)

// sharedWorld has two tables in one stream, copied and streamed, of which one has lost
// most of its rows since without a word. A step of emptying takes about 20 of them.
func sharedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, postgres.Server(t), `{table: "public.*", template: all}`,
		"CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other SELECT generate_series(1, 20)",
		"CREATE TABLE few (id int PRIMARY KEY); INSERT INTO few SELECT generate_series(1, 100)")
	w.names = []string{"all"}
	w.o.ChunkBytes, w.o.Workers = 1000, 1
	slot, err := w.consistent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.exec("ALTER PUBLICATION p SET (publish = 'insert')")
	w.exec("DELETE FROM few WHERE id > 10")
	s := w.stream(slot.ConsistentPoint)
	defer s.stop()
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	return w
}

// table returns one table by its name.
func (w *world) table(name string) snapshot.Table {
	w.t.Helper()
	for _, table := range w.tables() {
		if table.Name == name {
			return table
		}
	}
	w.t.Fatalf("no table %s", name)
	return snapshot.Table{}
}

// TestEmptyingIsBounded: however many rows a table has in a stream of several, what
// ends them takes a bounded number of bytes at a time.
func TestEmptyingIsBounded(t *testing.T) {
	w := sharedWorld(t)
	w.sink.mu.Lock()
	w.sink.widest = 0
	w.sink.mu.Unlock()
	s := w.stream(1)
	defer s.stop()
	w.anew(w.table("few"))
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	w.same("few", "id")
	w.same("other", "id")
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	// The event that reaches the bound is whole, and the copy is announced with the last.
	if bound := w.o.ChunkBytes + 200; w.sink.widest > bound {
		t.Errorf("got an append of %d bytes, want none above %d", w.sink.widest, bound)
	}
}

// TestEmptyingCrashes lets each write of emptying be the last one of a process, done or
// not. The next one ends the rows that are left, and none twice.
func TestEmptyingCrashes(t *testing.T) {
	w := sharedWorld(t)
	// A write that is not done leaves what the one before it has left, so a few of
	// these are enough.
	for n := 1; w.emptyWithFailure(n, n%3 != 0); n++ {
		w.same("few", "id")
		w.same("other", "id")
		w.endedOnce("all")
	}
}

// emptyWithFailure copies a table anew with a failure at a write, then without one, and
// tells whether there was a failure.
func (w *world) emptyWithFailure(n int, done bool) bool {
	w.t.Helper()
	table := w.table("few")
	// More rows than the table has are alive in the stream, all of which have to go.
	w.exec("INSERT INTO few SELECT generate_series(11, 100)")
	s := w.stream(1)
	if err := s.quiet(); err != nil {
		w.t.Fatal(err)
	}
	w.exec("DELETE FROM few WHERE id > 10")
	w.sink.breakAt(n, done)
	begun, err := w.copier.Again(w.t.Context(), table)
	if err == nil {
		err = s.quiet()
	}
	s.stop()
	w.sink.breakAt(0, false)
	if err != nil && !errors.Is(err, errShaky) {
		w.t.Fatalf("at write %d: %v", n, err)
	}
	s = w.stream(1)
	defer s.stop()
	if !begun { // whoever was refused asks again
		w.anew(table)
	}
	if again := s.quiet(); again != nil {
		w.t.Fatalf("after a failure at write %d: %v", n, again)
	}
	if notes := w.note("all"); notes != "" {
		w.t.Errorf("after a failure at write %d: the stream has the note %s, want none", n, notes)
	}
	return err != nil
}

// note is what a stream has kept of copies.
func (w *world) note(name string) string {
	w.t.Helper()
	st, err := w.sink.State(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(st.Note)
}

// endedOnce holds that no row was ended that was not there.
func (w *world) endedOnce(name string) {
	w.t.Helper()
	alive := make(map[string]bool)
	for i, m := range w.read(name) {
		switch key := m.Type + " " + m.Key; {
		case m.Headers.Operation == "delete" && !alive[key]:
			w.t.Fatalf("message %d of %s ends %s, which is not there", i, name, key)
		case m.Key != "":
			alive[key] = m.Headers.Operation != "delete"
		}
	}
}
