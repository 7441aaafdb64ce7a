package ingest_test

import (
	"context"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// A copy beside the changes rests while the slot has little room left, and goes on when
// it has more.
func TestCopyWaitsForTheSlot(t *testing.T) {
	r := newRigOn(t, pgtest.Start(t, pgtest.Options{Settings: map[string]string{"max_slot_wal_keep_size": "32MB", "max_wal_size": "256MB"}}))
	r.o.MonitorEvery = 10 * time.Millisecond
	r.o.Copy = ingest.CopyOptions{Mode: route.SnapshotIncremental, ChunkRows: 10, Workers: 1, Rate: 1000}
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `INSERT INTO t SELECT i, 'x' FROM generate_series(1, 2000) i`)
	r.start()
	copying := func() ingest.Copy {
		if c := r.pipeline.Status().Copies; len(c) == 1 {
			return c[0]
		}
		return ingest.Copy{}
	}
	r.wait("the first rows", func() bool { return copying().Rows > 0 })

	// The slot keeps the log from the begin of this transaction on.
	open := r.server.Conn(t, r.db)
	if _, err := open.Exec(context.Background(), `BEGIN; CREATE TABLE later (id int PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	r.wait("the copy to rest", func() bool {
		if copying().Waiting != "" {
			return true
		}
		r.exec(`SELECT pg_logical_emit_message(false, 'fill', repeat('x', 2 << 20))`)
		return false
	})
	if c := copying(); c.State != "copying" || c.Waiting != "for the slot to have room" || c.Rows >= 2000 {
		t.Errorf("with little room: got %+v, want a copy that waits for the slot", c)
	}
	if _, err := open.Exec(context.Background(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	r.wait("all rows", func() bool {
		// The slot moves with what the checkpoint writes, once something is confirmed.
		r.exec(`CHECKPOINT`, `UPDATE t SET v = 'y' WHERE id = 1`)
		return copying().State == "done"
	})
	if c := copying(); c.Rows < 2000 {
		t.Errorf("got %d rows copied, want all 2000", c.Rows)
	}
}
