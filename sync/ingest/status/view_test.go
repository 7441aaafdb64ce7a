package status_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/source"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

var row = source.SlotRow{Name: "slot_a", Active: true, WALStatus: "extended", RetainedBytes: 4096, ConfirmedFlush: 0x18}

// dig follows names into parsed JSON.
func dig(t *testing.T, from any, names ...string) any {
	t.Helper()
	for _, name := range names {
		object, ok := from.(map[string]any)
		if !ok {
			t.Fatalf("%s: got %v around it, want an object", name, from)
		}
		value, there := object[name]
		if !there {
			t.Fatalf("got no %q in %v", name, object)
		}
		from = value
	}
	return from
}

func TestStatus(t *testing.T) {
	a, _, h := two()
	a.status.State, a.status.Lag = ingest.StateFailed, 1500*time.Millisecond
	a.status.LastError, a.status.LastCode = "the slot is lost", "E108"
	a.status.Counts.Inserts = 7
	a.status.Copies = []ingest.Copy{{Table: "public.t", State: "copying", Rows: 3, Remaining: 4}}
	a.status.Changes = []watch.Change{{Table: "public.t", What: "column a was added"}}
	a.status.Row = &row
	a.status.Server = &monitor.Reading{At: time.Unix(1, 0), End: 0x1_00000018, Slot: &row, XminAge: 5}

	code, answer := request(t, h, http.MethodGet, "/sync/status", "")
	all, _ := dig(t, answer, "pipelines").([]any)
	if code != http.StatusOK || len(all) != 2 {
		t.Fatalf("got status %d and %v, want two pipelines", code, answer)
	}
	for _, want := range []struct {
		value any
		path  []string
	}{
		{"a", []string{"pipeline"}},
		{"failed", []string{"state"}},
		{"0/10", []string{"confirmed_lsn"}},
		{"1/18", []string{"server_lsn"}},
		{float64(1 << 32), []string{"lag_bytes"}}, // from what the slot has confirmed
		{1.5, []string{"lag_seconds"}},
		{"E108", []string{"last_error", "code"}},
		{"the slot is lost", []string{"last_error", "text"}},
		{7.0, []string{"counts", "inserts"}},
		{"slot_a", []string{"slot", "name"}},
		{true, []string{"slot", "exists"}},
		{"extended", []string{"slot", "wal_status"}},
		{4096.0, []string{"slot", "retained_bytes"}},
		{nil, []string{"slot", "safe_bytes"}},
		{5.0, []string{"slot", "catalog_xmin_age"}},
		{"1970-01-01T00:00:01Z", []string{"slot", "read_at"}},
	} {
		if got := dig(t, all[0], want.path...); got != want.value {
			t.Errorf("%v: got %v, want %v", want.path, got, want.value)
		}
	}
	copies, _ := dig(t, all[0], "copies").([]any)
	if len(copies) != 1 || dig(t, copies[0], "remaining_rows") != 4.0 {
		t.Errorf("copies: got %v, want one with 4 rows to come", copies)
	}
	changes, _ := dig(t, all[0], "changes").([]any)
	if len(changes) != 1 || dig(t, changes[0], "what") != "column a was added" {
		t.Errorf("changes: got %v, want that of a column", changes)
	}
	if exists := dig(t, all[1], "slot", "exists"); exists != false {
		t.Errorf("a slot that nobody has looked at: got %v, want that it is not known to exist", exists)
	}
}
