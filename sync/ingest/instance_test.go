package ingest_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/route"
)

func TestInstanceSlotNames(t *testing.T) {
	a, err := ingest.InstanceSlot("ds_sync", "p")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := ingest.InstanceSlot("ds_sync", "p")
	if a == b || len(a) != len("ds_sync")+17 || strings.Trim(a, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		t.Errorf("got %q and %q, want two names that a slot can have", a, b)
	}
	for _, c := range []struct {
		name, slot, pipeline string
		want                 bool
	}{
		{a, "ds_sync", "p", true},
		{a, "ds_sync", "q", false},
		{a, "ds", "p", false},
		{"ds_sync", "ds_sync", "p", false},
		{"ds_sync_0123456789abcdef", "ds_sync", "p", false},
		{"x" + a[1:], "ds_sync", "p", false},
		{a[:8] + b[8:16] + a[16:], "ds_sync", "p", false},
		{a + "0", "ds_sync", "p", false},
		{a[:len(a)-1], "ds_sync", "p", false},
	} {
		if got := ingest.IsInstanceSlot(c.name, c.slot, c.pipeline); got != c.want {
			t.Errorf("%q of the slot %q and pipeline %q: got %v, want %v", c.name, c.slot, c.pipeline, got, c.want)
		}
	}
	if _, err := ingest.InstanceSlot(strings.Repeat("a", 46), "p"); err != nil {
		t.Errorf("46 bytes: got %v, want no error", err)
	}
	if _, err := ingest.InstanceSlot(strings.Repeat("a", 47), "p"); err == nil || !strings.Contains(err.Error(), "46") {
		t.Errorf("47 bytes: got %v, want an error that names 46", err)
	}
}

// slots are the names of all slots of the rig's database.
func (r *rig) slots() []string {
	r.t.Helper()
	conn := r.server.Conn(r.t, r.db)
	defer conn.Close(context.Background())
	rows, err := conn.Query(context.Background(), `SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database() ORDER BY 1`)
	if err != nil {
		r.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		r.t.Fatal(err)
	}
	return names
}

// A pipeline whose streams are in memory, with a slot that stays: what a crash has
// left goes at the next start, what is not ours stays, and nothing is left at the end.
func TestForgetfulPipeline(t *testing.T) {
	r, log := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `INSERT INTO t VALUES (1, 'early')`)
	leftover, err := ingest.InstanceSlot(r.o.Slot, r.o.Source.Pipeline)
	if err != nil {
		t.Fatal(err)
	}
	foreign := r.o.Slot + "_0123456789abcdef"
	for _, name := range []string{leftover, foreign} {
		r.exec(`SELECT pg_create_logical_replication_slot('` + name + `', 'pgoutput')`)
	}
	r.o.Forgetful, r.o.Copy.Mode = true, route.SnapshotAuto
	r.start()
	mine := r.pipeline.Status().Slot
	if got := r.slots(); !slices.Contains(got, mine) || !slices.Contains(got, foreign) || len(got) != 2 || mine == r.o.Slot {
		t.Errorf("while it runs: got the slots %q, want %q and one of its own, %q", got, foreign, mine)
	}
	if n := log.count(`"level":"warn"`, leftover, "in memory", "copied anew"); n != 1 {
		t.Errorf("got %d lines about the leftover, want 1", n)
	}
	r.wait("the copy", func() bool { return r.has("early") })
	r.stop()
	if got := r.slots(); !slices.Equal(got, []string{foreign}) {
		t.Errorf("at the end: got the slots %q, want only %q", got, foreign)
	}
}
