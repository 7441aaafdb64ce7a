package ingest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
)

func TestPauseConfirmsNothing(t *testing.T) {
	r, _ := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.order("pause", "")
	r.waitState(ingest.StatePaused)
	before := r.slotConfirmed()
	r.exec(`INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 5000) i`)
	r.wait("5 MB kept by the slot", func() bool { return r.pipeline.Status().Retained() > 5<<20 })
	s := r.pipeline.Status()
	if after := r.slotConfirmed(); after != before || s.State != ingest.StatePaused || !s.Row.Active || r.has("x") {
		t.Errorf("in a pause: got %s confirmed, %s before, state %s, slot %+v; want nothing to move and the connection to stay",
			after, before, s.State, s.Row)
	}
	r.order("resume", "")
	r.wait("all rows", func() bool { return r.pipeline.Status().Counts.Inserts == 5000 && r.has(`"key":"5000"`) })
	r.wait("the confirmation", func() bool { return r.slotConfirmed() != before })
	r.waitState(ingest.StateStreaming)
}

// However often a pipeline is paused in the middle of things, readers see whole
// transactions, and in the end all of them once, by one connection.
func TestPausesLoseNothing(t *testing.T) {
	const transactions, rows = 1000, 20
	r, _ := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	written, conn := make(chan error, 1), r.server.Conn(t, r.db)
	go func() {
		_, err := conn.Exec(context.Background(), fmt.Sprintf(`DO $$ BEGIN
			FOR n IN 0 .. %d LOOP
				INSERT INTO t SELECT n * %d + i, 'x' FROM generate_series(0, %[2]d - 1) i;
				COMMIT;
			END LOOP;
		END $$`, transactions-1, rows))
		written <- err
	}()
	events := func() int { return strings.Count(r.contents("pg/public/t"), `"key":`) }
	for range 10 {
		r.order("pause", "")
		r.waitState(ingest.StatePaused)
		if seen, handled := events(), r.pipeline.Status().Counts.Inserts; seen%rows != 0 || int64(seen) != handled {
			t.Errorf("in a pause: got %d events of %d rows handled, want whole transactions of %d", seen, handled, rows)
		}
		r.order("resume", "")
		r.waitState(ingest.StateStreaming)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	r.wait("all rows", func() bool { return events() == transactions*rows })
	if s := r.pipeline.Status(); s.Counts.Inserts != transactions*rows || len(s.Reconnects) > 0 {
		t.Errorf("got %d rows handled and the reconnects %v, want %d and none", s.Counts.Inserts, s.Reconnects, transactions*rows)
	}
}

// A connection that ends in a pause is made again, and the pause goes on.
func TestPauseOutlivesTheConnection(t *testing.T) {
	r, _ := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.order("pause", "")
	r.waitState(ingest.StatePaused)
	first := r.pipeline.Status().Row
	r.exec(`INSERT INTO t VALUES (1, 'x')`, `SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = '`+r.o.Slot+`'`)
	r.wait("another connection", func() bool {
		s := r.pipeline.Status()
		return s.State == ingest.StatePaused && s.Row.Active && (first == nil || s.Row.ActivePID != first.ActivePID)
	})
	if r.has("x") {
		t.Error("in a pause: got a row from the new connection, want none")
	}
	r.order("resume", "")
	r.wait("the row", func() bool { return r.has("x") })
}
