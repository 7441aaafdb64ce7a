package ingest_test

import (
	"fmt"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
)

// A slot that somebody else has made is not replaced because a setting says so, but
// because somebody names it.
func TestForeignSlotIsReplacedOnDemand(t *testing.T) {
	r, log := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.exec(fmt.Sprintf(`SELECT pg_create_logical_replication_slot('%s', 'pgoutput')`, r.o.Slot))
	made := r.slotConfirmed()
	r.o.Resync = true
	r.serve()
	r.waitState(ingest.StateFailed)
	if s := r.pipeline.Status(); s.LastCode != "E109" || r.slotConfirmed() != made {
		t.Errorf("got the code %q and a slot at %s, want E109 and it at %s", s.LastCode, r.slotConfirmed(), made)
	}
	r.order("resync", fmt.Sprintf(`{"confirm":%q}`, r.o.Slot))
	r.waitState(ingest.StateStreaming)
	if n := log.count("created the slot"); n != 1 {
		t.Errorf("got %d slots created, want 1", n)
	}
	r.exec(`INSERT INTO t VALUES (1, 'after')`)
	r.wait("what comes after", func() bool { return r.has("after") })
}
