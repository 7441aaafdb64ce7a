package metrics_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// ingesting is a pipeline that has everything.
func ingesting() []ingest.Status {
	safe := int64(700)
	row := &source.SlotRow{Name: "s", WALStatus: "extended", RetainedBytes: 300, SafeBytes: &safe, ConfirmedFlush: 0x90}
	return []ingest.Status{{
		Pipeline: "p", State: ingest.StateCopying, Confirmed: 0x80, Lag: 1500 * time.Millisecond,
		Reconnects: map[string]int64{"retry": 3},
		Counts:     assemble.Counts{Inserts: 1, Updates: 2, Deletes: 3, Truncates: 4, Transactions: 5, Duplicates: 6, Merged: 7, LargeKeys: 9},
		Row:        row, Server: &monitor.Reading{End: 0x100, Slot: row, Inactive: 2 * time.Second, XminAge: 8},
		Rows: []ingest.TableRows{
			{Table: "public.a", Inserts: 1, Updates: 2, Deletes: 1}, {Table: "public.b", Deletes: 2, Truncates: 4},
		},
		Copies:        []ingest.Copy{{Table: "public.a", Rows: 10, Remaining: 20}, {Table: "public.b", Rows: 1, Remaining: -1}},
		ReceivedBytes: 11, Ring: 12,
		TxBytes: ingest.Distribution{UpTo: []int64{1024}, Below: []int64{1}, Count: 2, Sum: 5000},
		Durable: ingest.Distribution{UpTo: []int64{1e6}, Below: []int64{1}, Count: 1, Sum: 5e5},
	}}
}

func TestSync(t *testing.T) {
	got := gather(t, metrics.NewSync(ingesting))
	want := samples{}
	for name, value := range map[string]float64{
		"ds_sync_lag_bytes": 0x70, "ds_sync_lag_seconds": 1.5, "ds_sync_received_bytes_total": 11,
		"ds_sync_transactions_total": 5, "ds_sync_ring_bytes": 12, "ds_sync_spool_bytes": 0,
		"ds_sync_dropped_duplicates_total": 6, "ds_sync_toast_merged_total": 7, "ds_sync_large_keys_total": 9,
		"ds_sync_slot_retained_bytes": 300, "ds_sync_slot_safe_bytes": 700, "ds_sync_slot_inactive_seconds": 2,
		"ds_sync_catalog_xmin_age": 8,
	} {
		want[name+`{pipeline="p"}`] = value
	}
	for label, value := range map[string]float64{
		`{op="insert"}{pipeline="p"}{table="public.a"}`: 1, `{op="insert"}{pipeline="p"}{table="public.b"}`: 0,
		`{op="update"}{pipeline="p"}{table="public.a"}`: 2, `{op="update"}{pipeline="p"}{table="public.b"}`: 0,
		`{op="delete"}{pipeline="p"}{table="public.a"}`: 1, `{op="delete"}{pipeline="p"}{table="public.b"}`: 2,
		`{op="truncate"}{pipeline="p"}{table="public.a"}`: 0, `{op="truncate"}{pipeline="p"}{table="public.b"}`: 4,
	} {
		want["ds_sync_rows_total"+label] = value
	}
	for label, rows := range map[string][2]float64{"public.a": {10, 20}, "public.b": {1, 0}} {
		want[`ds_sync_snapshot_rows_total{pipeline="p"}{table="`+label+`"}`] = rows[0]
		want[`ds_sync_snapshot_remaining_rows{pipeline="p"}{table="`+label+`"}`] = rows[1]
	}
	for label, value := range map[string]float64{"retry": 3, "once": 0, "stop": 0} {
		want[`ds_sync_reconnects_total{class="`+label+`"}{pipeline="p"}`] = value
	}
	for label, value := range map[string]float64{"connecting": 0, "copying": 1, "streaming": 0, "paused": 0, "failed": 0, "stopped": 0} {
		want[`ds_sync_state{pipeline="p"}{state="`+label+`"}`] = value
	}
	for label, value := range map[string]float64{"reserved": 0, "extended": 1, "unreserved": 0, "lost": 0} {
		want[`ds_sync_slot_status{pipeline="p"}{status="`+label+`"}`] = value
	}
	for name, value := range map[string]float64{
		"ds_sync_tx_bytes{pipeline=\"p\"}_count": 2, "ds_sync_tx_bytes{pipeline=\"p\"}_sum": 5000,
		`ds_sync_tx_bytes{pipeline="p"}_bucket{le="1024"}`:      1,
		`ds_sync_commit_to_durable_seconds{pipeline="p"}_count`: 1, `ds_sync_commit_to_durable_seconds{pipeline="p"}_sum`: 0.0005,
		`ds_sync_commit_to_durable_seconds{pipeline="p"}_bucket{le="0.001"}`: 1,
	} {
		want[name] = value
	}
	got.expect(t, want)
}

// promised are the names that operators were given to build on.
const promised = `ds_sync_lag_bytes ds_sync_lag_seconds ds_sync_received_bytes_total ds_sync_rows_total
	ds_sync_transactions_total ds_sync_tx_bytes ds_sync_commit_to_durable_seconds ds_sync_ring_bytes
	ds_sync_spool_bytes ds_sync_dropped_duplicates_total ds_sync_toast_merged_total ds_sync_large_keys_total ds_sync_reconnects_total
	ds_sync_slot_retained_bytes ds_sync_slot_safe_bytes ds_sync_slot_status ds_sync_slot_inactive_seconds
	ds_sync_catalog_xmin_age ds_sync_snapshot_rows_total ds_sync_snapshot_remaining_rows ds_sync_state`

func TestPromisedSyncMetrics(t *testing.T) {
	_, text := scrape(t, zerolog.Nop(), metrics.NewSync(ingesting))
	got := map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		if rest, found := strings.CutPrefix(line, "# TYPE ds_sync_"); found {
			name, _, _ := strings.Cut(rest, " ")
			got["ds_sync_"+name] = true
		}
	}
	want := strings.Fields(promised)
	slices.Sort(want)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
		t.Errorf("got the metrics %q, want %q", names, want)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("got the complaints %v and error %v, want none", problems, err)
	}
}

// Before anybody has looked at the slot nothing is said of it.
func TestSyncBeforeTheFirstLook(t *testing.T) {
	got := gather(t, metrics.NewSync(func() []ingest.Status { return []ingest.Status{{Pipeline: "p", State: ingest.StateConnecting}} }))
	for name := range got {
		if strings.HasPrefix(name, "ds_sync_slot_") && !strings.HasPrefix(name, "ds_sync_slot_status") {
			t.Errorf("got %s, want nothing about the slot", name)
		}
	}
	if got[`ds_sync_state{pipeline="p"}{state="connecting"}`] != 1 {
		t.Error("got no state connecting, want it")
	}
}

// A slot without a limit has no safe bytes.
func TestSyncWithoutALimit(t *testing.T) {
	unlimited := ingesting()
	unlimited[0].Row.SafeBytes = nil
	got := gather(t, metrics.NewSync(func() []ingest.Status { return unlimited }))
	if value, found := got[`ds_sync_slot_safe_bytes{pipeline="p"}`]; found {
		t.Errorf("safe bytes: got %v, want none", value)
	}
}

// rowSamples are the samples of rows, by their names and labels.
func rowSamples(t *testing.T, s ingest.Status) samples {
	t.Helper()
	got := gather(t, metrics.NewSync(func() []ingest.Status { return []ingest.Status{s} }))
	maps.DeleteFunc(got, func(name string, _ float64) bool {
		return !strings.HasPrefix(name, "ds_sync_rows_") && !strings.HasPrefix(name, "ds_sync_snapshot_")
	})
	return got
}

// From so many tables on they are counted together, and before anybody knows of any.
func TestSyncOfManyTables(t *testing.T) {
	s := ingesting()[0]
	want := samples{
		`ds_sync_rows_total{op="insert"}{pipeline="p"}{table=""}`: 1, `ds_sync_rows_total{op="update"}{pipeline="p"}{table=""}`: 2,
		`ds_sync_rows_total{op="delete"}{pipeline="p"}{table=""}`: 3, `ds_sync_rows_total{op="truncate"}{pipeline="p"}{table=""}`: 4,
		`ds_sync_snapshot_rows_total{pipeline="p"}{table=""}`: 11, `ds_sync_snapshot_remaining_rows{pipeline="p"}{table=""}`: 20,
	}
	s.Rows = nil
	rowSamples(t, s).expect(t, want)
	s.Rows = make([]ingest.TableRows, 200)
	rowSamples(t, s).expect(t, want)
}

// A database in no encoding may have tables whose names are no UTF-8.
func TestSyncOfOddTables(t *testing.T) {
	rowSamples(t, ingest.Status{
		Pipeline: "p", Rows: []ingest.TableRows{{Table: "a.\xff", Inserts: 1}, {Table: "a.\xfe", Inserts: 2}},
	}).expect(t, samples{
		"ds_sync_rows_total{op=\"insert\"}{pipeline=\"p\"}{table=\"a.\uFFFD\"}": 3, "ds_sync_rows_total{op=\"update\"}{pipeline=\"p\"}{table=\"a.\uFFFD\"}": 0,
		"ds_sync_rows_total{op=\"delete\"}{pipeline=\"p\"}{table=\"a.\uFFFD\"}": 0, "ds_sync_rows_total{op=\"truncate\"}{pipeline=\"p\"}{table=\"a.\uFFFD\"}": 0,
		`ds_sync_snapshot_rows_total{pipeline="p"}{table=""}`: 0, `ds_sync_snapshot_remaining_rows{pipeline="p"}{table=""}`: 0,
	})
}
