package snapshot_test

import (
	"context"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
)

// settled waits until the server says yes.
func (w *world) settled(question string) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var yes bool
		if err := w.conn.QueryRow(context.Background(), question).Scan(&yes); err != nil {
			w.t.Fatal(err)
		}
		if yes {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s", question)
		}
	}
}

// TestStandbyMissing: a commit that waits for a standby is in the stream, and not to
// be seen in the table. What the copy sees there is not said after it.
func TestStandbyMissing(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{})
	w := newWorld(t, server, "", many)
	w.o.ChunkRows = 500
	w.o.Hold = func() bool { return w.held.Load() }
	w.held.Store(true)
	s := w.stream(w.slotOnly())
	defer s.stop()
	w.waits(w.tables()[0], "for the slot to have room")

	server.Exec(t, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
	hanging := server.Conn(t, w.db)
	if _, err := hanging.Exec(context.Background(), "SET application_name = 'hanging'"); err != nil {
		t.Fatal(err)
	}
	w.settled("SELECT current_setting('synchronous_standby_names') = 'nobody'")
	done := make(chan error, 1)
	go func() {
		_, err := hanging.Exec(context.Background(), "UPDATE many SET text = 'new' WHERE id = 7")
		done <- err
	}()
	w.settled("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'hanging'")
	w.exec("SET synchronous_commit = local")
	s.waitFor("pg/public/many", "7")
	w.held.Store(false)
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	server.Exec(t, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	w.same("many", "id")
}

// waits holds on until the copy of a table says that it waits.
func (w *world) waits(table snapshot.Table, why string) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		for _, p := range w.copier.Progress() {
			if p.Table == table.String() && p.Waiting == why {
				return
			}
		}
	}
	w.t.Fatalf("the copy does not wait %s: %+v", why, w.copier.Progress())
}

// waitFor holds on until a stream has an event of a key.
func (s *session) waitFor(name, key string) {
	s.w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, m := range s.w.read(name) {
			if m.Key == key {
				return
			}
		}
	}
	s.w.t.Fatalf("%s has nothing of %s", name, key)
}

// TestOpenTransactions: rows of transactions that were open when the table was
// published are copied, because the copy waits for them.
func TestOpenTransactions(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "", many)
	w.exec("DROP PUBLICATION p")
	w.exec("CREATE PUBLICATION p")
	slot := w.slotOnly()
	early := w.server.Conn(t, w.db)
	if _, err := early.Exec(t.Context(), "BEGIN; INSERT INTO many VALUES (0, 'early')"); err != nil {
		t.Fatal(err)
	}
	w.exec("ALTER PUBLICATION p ADD TABLE many")
	s := w.stream(slot)
	defer s.stop()
	w.waits(w.tables()[0], "for transactions that ran when the copy began")
	if _, err := early.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	w.same("many", "id")
}
