package metrics_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/store"
)

// everything has another number in each place.
var everything = fixed{
	active: 2,
	stats: store.Stats{
		Streams: 3, MemoryBytes: 5, LogBytes: 7, Syncs: 11, Commits: 13, Checkpoints: 17,
		Shards: []store.ShardStats{
			{File: "a", FileBytes: 19, PageBytes: 23, FreePages: 29, PendingPages: 31, JournalBytes: 59, Syncs: 37},
			{File: "b", FileBytes: 41, PageBytes: 23, FreePages: 43, PendingPages: 47, JournalBytes: 61, Syncs: 53, Failure: store.ErrReadOnly},
		},
	},
	health: fmt.Errorf("%w: b: disk unplugged", store.ErrReadOnly),
}

func TestEveryFigureHasItsPlace(t *testing.T) {
	gather(t, metrics.NewStore(everything, &metrics.Options{Log: true})).expect(t, samples{
		"weir_streams":                 3,
		"weir_streams_active":          2,
		"weir_store_memory_bytes":      5,
		"weir_store_log_bytes":         7,
		"weir_store_syncs_total":       11,
		"weir_store_commits_total":     13,
		"weir_store_checkpoints_total": 17,
		"weir_store_read_only":         1,

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
	plain.stats.Shards = nil
	for _, o := range []*metrics.Options{nil, {}} {
		gather(t, metrics.NewStore(plain, o)).expect(t, samples{
			"weir_streams":             3,
			"weir_streams_active":      2,
			"weir_store_memory_bytes":  5,
			"weir_store_syncs_total":   11,
			"weir_store_commits_total": 13,
			"weir_store_read_only":     1,
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
