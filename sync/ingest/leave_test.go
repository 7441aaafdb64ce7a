package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// A slot that goes at the end takes what the record says of it along: the next start
// copies everything anew, and is told of nothing that is lost.
func TestSlotIsDroppedAtTheEnd(t *testing.T) {
	r, log := operated(t)
	r.o.DropSlot, r.o.Copy.Mode = true, route.SnapshotAuto
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `INSERT INTO t VALUES (1, 'first')`)
	for run := range 2 {
		r.start()
		r.wait("the row", func() bool { return strings.Count(r.contents("pg/public/t"), `"first"`) == run+1 })
		r.stop()
		if got := r.slots(); len(got) > 0 {
			t.Fatalf("after run %d: got the slots %q, want none", run, got)
		}
		r.exec(fmt.Sprintf(`INSERT INTO t VALUES (%d, 'meanwhile')`, run+10))
	}
	r.start()
	r.wait("the rows of meanwhile", func() bool { return strings.Contains(r.contents("pg/public/t"), `"key":"11"`) })
	text := r.contents("pg/public/t")
	if n := strings.Count(text, `"control":"reset"`); n != 2 {
		t.Errorf("got %d resets in %s, want one for each start but the first", n, text)
	}
	if n := log.count("E110"); n != 0 {
		t.Errorf("got %d lines with E110, want none", n)
	}
}

// A pipeline that has failed drops its slot too when the server ends, and none that
// somebody else has made.
func TestOnlyTheOwnSlotIsDroppedAtTheEnd(t *testing.T) {
	r, _ := operated(t)
	r.o.DropSlot = true
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `SELECT pg_create_logical_replication_slot('`+r.o.Slot+`', 'pgoutput')`)
	r.serve()
	r.waitState(ingest.StateFailed) // E109: the slot is not ours
	r.stop()
	if got := r.slots(); len(got) != 1 {
		t.Errorf("got the slots %q, want the one that was there before", got)
	}
	r.exec(`SELECT pg_drop_replication_slot('` + r.o.Slot + `')`)

	r.start()
	r.stop()
	r.o.DropSlot = false
	r.start()
	r.stop()
	r.o.DropSlot = true
	r.exec(`ALTER TABLE t DROP CONSTRAINT t_pkey`, `DROP PUBLICATION ds_sync`)
	r.serve()
	r.waitState(ingest.StateFailed) // E112
	r.stop()
	if got := r.slots(); len(got) != 0 {
		t.Errorf("after a failure: got the slots %q, want none", got)
	}
}
