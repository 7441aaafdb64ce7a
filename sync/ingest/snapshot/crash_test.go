package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// crashWorld has some chunks of rows, in streams of their own and all in one.
func crashWorld(t *testing.T) *world {
	w := newWorld(t, postgres.Server(t), `{table: public.users, template: "pg/user/{column:who}"}`,
		`CREATE TABLE many (id int PRIMARY KEY, text text);
		 INSERT INTO many SELECT n, repeat('x', 400) || n FROM generate_series(1, 120) n`,
		`CREATE TABLE users (id int PRIMARY KEY, who int NOT NULL);
		 INSERT INTO users SELECT n, n % 4 FROM generate_series(1, 70) n`)
	w.o.Workers, w.o.ChunkRows = 2, 50
	w.again()
	return w
}

// once holds that each row was copied once.
func (w *world) once(name string) {
	w.t.Helper()
	seen := make(map[string]bool)
	for _, m := range w.read(name) {
		if m.Headers.Operation == "insert" && seen[m.Type+m.Key] {
			w.t.Fatalf("%s has %s %s twice", name, m.Type, m.Key)
		}
		seen[m.Type+m.Key] = true
	}
}

// TestCrashes lets each write of a copy be the last one of a process, done or not.
// What the next one adds makes the streams whole, with nothing twice.
func TestCrashes(t *testing.T) {
	for _, way := range []string{"consistent", "incremental"} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", way, done), func(t *testing.T) {
				crashEverywhere(t, way == "consistent", done)
			})
		}
	}
}

func crashEverywhere(t *testing.T, consistent, done bool) {
	w := crashWorld(t)
	// Every other write, the even or the odd ones: a run should be quick.
	for n := 1 + rand.IntN(2); ; n += 2 {
		w.fresh()
		w.sink.breakAt(n, done)
		failed := errors.Is(w.attempt(consistent), errShaky)
		w.sink.breakAt(0, false)
		s := w.resume()
		if err := s.quiet(); err != nil {
			t.Fatalf("after a failure at write %d: %v", n, err)
		}
		s.stop()
		w.same("many", "id")
		w.same("users", "id")
		for _, name := range w.streams() {
			w.once(name)
		}
		if !failed {
			return
		}
	}
}

// resume begins a session with what a crash has left.
func (w *world) resume() *session {
	w.t.Helper()
	var slots int
	if err := w.conn.QueryRow(context.Background(), "SELECT count(*) FROM pg_replication_slots WHERE slot_name = $1", w.slot).Scan(&slots); err != nil {
		w.t.Fatal(err)
	}
	if slots == 0 {
		return w.stream(w.slotOnly())
	}
	return w.stream(1)
}

// attempt copies everything by a sink that may fail.
func (w *world) attempt(consistent bool) error {
	if consistent {
		_, err := w.consistent(w.t.Context())
		return err
	}
	s := w.stream(w.slotOnly())
	defer s.stop()
	return s.quiet()
}
