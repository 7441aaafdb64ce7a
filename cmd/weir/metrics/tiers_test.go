package metrics_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/stream"
)

// streams is how many streams a used store has: enough for some to be in each of
// a few shards.
const streams = 40

// used returns an engine on st, which it closes in the end, after some work.
func used(t *testing.T, st store.Store, err error) *stream.Engine {
	t.Helper()
	if err != nil {
		t.Fatalf("open store: got %v, want no error", err)
	}
	engine := stream.New(st, nil)
	t.Cleanup(func() {
		engine.Close()
		if err := st.Close(); err != nil {
			t.Errorf("close store: got %v, want no error", err)
		}
	})
	for i := range streams {
		name := fmt.Sprintf("rooms/%d", i)
		if _, _, err := engine.Create(&stream.CreateRequest{Name: name, ContentType: "text/plain", TTL: stream.NoTTL}); err != nil {
			t.Fatalf("create %s: got %v, want no error", name, err)
		}
		if _, err := engine.Append(&stream.AppendRequest{Name: name, Body: []byte("hello"), ContentType: "text/plain"}); err != nil {
			t.Fatalf("append to %s: got %v, want no error", name, err)
		}
	}
	return engine
}

// atRest scrapes until the store's figures were the same before and after, and
// returns both: what a tier does behind its answers takes a moment to end.
func atRest(t *testing.T, engine *stream.Engine, o *metrics.Options) (stats store.Stats, active int, got samples) {
	t.Helper()
	for {
		stats, active = engine.Stats()
		got = gather(t, metrics.NewStore(engine, o))
		if after, still := engine.Stats(); still == active && reflect.DeepEqual(after, stats) {
			return stats, active, got
		}
	}
}

func TestFileTier(t *testing.T) {
	st, err := filestore.Open(t.TempDir(), &filestore.Options{Sync: true})
	stats, active, got := atRest(t, used(t, st, err), &metrics.Options{Log: true})
	if stats.Syncs == 0 || stats.LogBytes == 0 || stats.MemoryBytes == 0 {
		t.Fatalf("stats of a file tier in use: got %+v, want syncs, a log and bytes in memory", stats)
	}
	got.dropBuckets()
	groups, syncs := stats.GroupSize.Snapshot(), stats.SyncTime.Snapshot()
	got.expect(t, samples{
		"weir_streams":                 streams,
		"weir_streams_active":          float64(active),
		"weir_store_memory_bytes":      float64(stats.MemoryBytes),
		"weir_store_log_bytes":         float64(stats.LogBytes),
		"weir_store_syncs_total":       float64(stats.Syncs),
		"weir_store_commits_total":     float64(stats.Commits),
		"weir_store_checkpoints_total": float64(stats.Checkpoints),
		"weir_store_read_only":         0,

		"weir_store_memory_limit_bytes":                float64(stats.MemoryLimit),
		"weir_store_no_space_total":                    0,
		"weir_store_stalls_total":                      0,
		"weir_store_stall_seconds_total":               0,
		"weir_store_checkpoint_failures_total":         0,
		"weir_store_last_checkpoint_timestamp_seconds": 0,
		"weir_store_last_checkpoint_duration_seconds":  0,
		"weir_store_log_uncheckpointed_bytes":          float64(stats.LogSinceCheckpoint),

		"weir_store_group_changes_count": float64(groups.Count),
		"weir_store_group_changes_sum":   float64(stats.Commits),
		"weir_store_sync_seconds_count":  float64(stats.Syncs),
		"weir_store_sync_seconds_sum":    float64(syncs.Sum) / 1e9,
	})
}

func TestAcidTier(t *testing.T) {
	st, err := acidstore.Open(t.TempDir(), &acidstore.Options{Shards: 2})
	stats, active, got := atRest(t, used(t, st, err), nil)
	got.dropBuckets()
	groups, syncs := stats.GroupSize.Snapshot(), stats.SyncTime.Snapshot()
	want := samples{
		"weir_streams":             streams,
		"weir_streams_active":      float64(active),
		"weir_store_memory_bytes":  float64(stats.MemoryBytes),
		"weir_store_syncs_total":   float64(stats.Syncs),
		"weir_store_commits_total": float64(stats.Commits),
		"weir_store_read_only":     0,
		"weir_acid_page_bytes":     float64(stats.Shards[0].PageBytes),

		"weir_store_memory_limit_bytes":  0,
		"weir_store_no_space_total":      0,
		"weir_store_group_changes_count": float64(groups.Count),
		"weir_store_group_changes_sum":   float64(stats.Commits),
		"weir_store_sync_seconds_count":  float64(stats.Syncs) / 2,
		"weir_store_sync_seconds_sum":    float64(syncs.Sum) / 1e9,
	}
	for i, shard := range stats.Shards {
		if shard.FileBytes == 0 || shard.PageBytes == 0 || shard.Syncs == 0 {
			t.Errorf("stats of a shard in use: got %+v, want a size, a page size and syncs", shard)
		}
		label := fmt.Sprintf(`{shard="%03d"}`, i)
		want["weir_acid_file_bytes"+label] = float64(shard.FileBytes)
		want["weir_acid_free_pages"+label] = float64(shard.FreePages)
		want["weir_acid_pending_pages"+label] = float64(shard.PendingPages)
		want["weir_acid_journal_bytes"+label] = float64(shard.JournalBytes)
		want["weir_acid_syncs_total"+label] = float64(shard.Syncs)
		want["weir_acid_read_only"+label] = 0
	}
	got.expect(t, want)
}
