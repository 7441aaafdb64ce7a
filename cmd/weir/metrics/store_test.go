package metrics_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/store"
)

// everything has another number in each place.
var everything = fixed{
	active: 2,
	stats: store.Stats{
		Streams: 3, MemoryBytes: 5, LogBytes: 7, Syncs: 11, Commits: 13, Checkpoints: 17,
		MemoryLimit: 67, NoSpace: 71, Stalls: 73, StallTime: 79 * time.Second, CheckpointFailures: 83,
		LastCheckpoint: time.Unix(89, 500), LastCheckpointTook: 97 * time.Millisecond, LogSinceCheckpoint: 101,
		GroupSize: observed(store.NewSizes(), 20, 7), SyncTime: observed(store.NewTimes(), 1_500_000),
		Shards: []store.ShardStats{
			{File: "a", FileBytes: 19, PageBytes: 23, FreePages: 29, PendingPages: 31, JournalBytes: 59, Syncs: 37},
			{File: "b", FileBytes: 41, PageBytes: 23, FreePages: 43, PendingPages: 47, JournalBytes: 61, Syncs: 53, Failure: store.ErrReadOnly},
		},
	},
	health: fmt.Errorf("%w: b: disk unplugged", store.ErrReadOnly),
}

// observed is a distribution of these values.
func observed(d *store.Distribution, values ...int64) *store.Distribution {
	for _, v := range values {
		d.Observe(v)
	}
	return d
}

func TestEveryFigureHasItsPlace(t *testing.T) {
	got := gather(t, metrics.NewStore(everything, &metrics.Options{Log: true}))
	got.dropBuckets()
	got.expect(t, samples{
		"weir_streams":                 3,
		"weir_streams_active":          2,
		"weir_store_memory_bytes":      5,
		"weir_store_log_bytes":         7,
		"weir_store_syncs_total":       11,
		"weir_store_commits_total":     13,
		"weir_store_checkpoints_total": 17,
		"weir_store_read_only":         1,

		"weir_store_memory_limit_bytes":                67,
		"weir_store_no_space_total":                    71,
		"weir_store_stalls_total":                      73,
		"weir_store_stall_seconds_total":               79,
		"weir_store_checkpoint_failures_total":         83,
		"weir_store_last_checkpoint_timestamp_seconds": 89,
		"weir_store_last_checkpoint_duration_seconds":  0.097,
		"weir_store_log_uncheckpointed_bytes":          101,

		"weir_store_group_changes_count": 2,
		"weir_store_group_changes_sum":   27,
		"weir_store_sync_seconds_count":  1,
		"weir_store_sync_seconds_sum":    0.0015,

		"weir_acid_page_bytes":                 23,
		`weir_acid_file_bytes{shard="000"}`:    19,
		`weir_acid_free_pages{shard="000"}`:    29,
		`weir_acid_pending_pages{shard="000"}`: 31,
		`weir_acid_journal_bytes{shard="000"}`: 59,
		`weir_acid_syncs_total{shard="000"}`:   37,
		`weir_acid_read_only{shard="000"}`:     0,
		`weir_acid_file_bytes{shard="001"}`:    41,
		`weir_acid_free_pages{shard="001"}`:    43,
		`weir_acid_pending_pages{shard="001"}`: 47,
		`weir_acid_journal_bytes{shard="001"}`: 61,
		`weir_acid_syncs_total{shard="001"}`:   53,
		`weir_acid_read_only{shard="001"}`:     1,
	})
}

func TestTiersWithoutLogAndShards(t *testing.T) {
	plain := everything
	plain.stats.Shards, plain.stats.GroupSize, plain.stats.SyncTime = nil, nil, nil
	for _, o := range []*metrics.Options{nil, {}} {
		gather(t, metrics.NewStore(plain, o)).expect(t, samples{
			"weir_streams":             3,
			"weir_streams_active":      2,
			"weir_store_memory_bytes":  5,
			"weir_store_syncs_total":   11,
			"weir_store_commits_total": 13,
			"weir_store_read_only":     1,

			"weir_store_memory_limit_bytes": 67,
			"weir_store_no_space_total":     71,
		})
	}
}

func TestReadOnlyIsNotAnyTrouble(t *testing.T) {
	tests := []struct {
		health error
		want   float64
	}{
		{nil, 0},
		{store.ErrClosed, 0},
		{store.ErrReadOnly, 1},
		{errors.Join(nil, fmt.Errorf("%w: 001.db", store.ErrReadOnly)), 1},
	}
	for _, test := range tests {
		if got := gather(t, metrics.NewStore(fixed{health: test.health}, nil))["weir_store_read_only"]; got != test.want {
			t.Errorf("health %v: got %v, want %v", test.health, got, test.want)
		}
	}
}

// The most shards there can be are told apart by their label.
func TestAllShards(t *testing.T) {
	const most = 256
	full := fixed{stats: store.Stats{Shards: make([]store.ShardStats, most)}}
	for i := range full.stats.Shards {
		full.stats.Shards[i].FileBytes = int64(i)
	}
	got := gather(t, metrics.NewStore(full, nil))
	for i := range most {
		name := fmt.Sprintf(`weir_acid_file_bytes{shard="%03d"}`, i)
		if value, found := got[name]; !found || value != float64(i) {
			t.Errorf("%s: got %v (found: %v), want %d", name, value, found, i)
		}
	}
}
