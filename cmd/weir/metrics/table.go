package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirstreams/weir/store"
)

// The tables below, and those in the files of the other parts, are all the metrics.
// Names and labels are what dashboards and alerts rest on: new ones may come, none
// may change.

// ofStreams are the figures that every tier has.
func ofStreams() []figure[reading] {
	return []figure[reading]{
		gauge("weir_streams", "Number of streams stored, deleted ones that forks still need included.",
			func(r reading) int64 { return r.Streams }),
		gauge("weir_streams_active", "Number of streams in use, or held in memory for a while after their last use.",
			func(r reading) int64 { return r.active }),
		gauge("weir_store_memory_bytes", "Stream bytes held in memory by the storage tier, in bytes.",
			func(r reading) int64 { return r.MemoryBytes }),
		gauge("weir_store_memory_limit_bytes", "What the stream bytes held in memory may come to, 0 without a limit, in bytes.",
			func(r reading) int64 { return r.MemoryLimit }),
		counter("weir_store_no_space_total", "Number of changes refused since the start for want of memory or disk.",
			func(r reading) int64 { return r.NoSpace }),
		counter("weir_store_commits_total", "Number of changes settled by the storage tier since the start.",
			func(r reading) int64 { return r.Commits }),
		counter("weir_store_syncs_total", "Number of syncs of committed changes to the disk since the start.",
			func(r reading) int64 { return r.Syncs }),
		gauge("weir_store_read_only", "1 when storage, or a part of it, takes no change after a failure, else 0.",
			func(r reading) int64 { return flag(r.readOnly) }),
	}
}

// ofLog are the figures of a tier that keeps a write-ahead log.
func ofLog() []figure[reading] {
	return []figure[reading]{
		gauge("weir_store_log_bytes", "Size of the write-ahead log on disk, in bytes.",
			func(r reading) int64 { return r.LogBytes }),
		counter("weir_store_checkpoints_total", "Number of checkpoints completed since the start.",
			func(r reading) int64 { return r.Checkpoints }),
		gauge("weir_store_log_uncheckpointed_bytes", "What the write-ahead log has grown by since the last checkpoint or the start, in bytes.",
			func(r reading) int64 { return r.LogSinceCheckpoint }),
		counter("weir_store_checkpoint_failures_total", "Number of checkpoints that failed since the start.",
			func(r reading) int64 { return r.CheckpointFailures }),
		instant("weir_store_last_checkpoint_timestamp_seconds", "Number of seconds from 1970 to the end of the last completed checkpoint, 0 before the first.",
			func(r reading) time.Time { return r.LastCheckpoint }),
		seconds(prometheus.GaugeValue, "weir_store_last_checkpoint_duration_seconds", "Time that the last completed checkpoint took, in seconds.",
			func(r reading) time.Duration { return r.LastCheckpointTook }),
		counter("weir_store_stalls_total", "Number of groups of changes since the start that had to wait for memory.",
			func(r reading) int64 { return r.Stalls }),
		seconds(prometheus.CounterValue, "weir_store_stall_seconds_total", "Time that groups of changes have waited for memory since the start, in seconds.",
			func(r reading) time.Duration { return r.StallTime }),
	}
}

// ofGroups are the histograms of tiers that settle changes in groups.
func ofGroups() []histogram[reading] {
	return []histogram[reading]{
		sizes("weir_store_group_changes", "Number of changes settled with one write or transaction.",
			func(r reading) *store.Distribution { return r.GroupSize }),
		times("weir_store_sync_seconds", "Time that it took to make a group of changes durable, in seconds.",
			func(r reading) *store.Distribution { return r.SyncTime }),
	}
}

// ofScrubs are the figures of the scrubs in the background.
func ofScrubs() []figure[Scrubs] {
	return []figure[Scrubs]{
		counter("weir_scrub_runs_total", "Number of scrubs of the stored bytes completed since the start.",
			func(s Scrubs) int64 { return s.Runs }),
		gauge("weir_scrub_damaged", "Number of damaged pieces that the last completed scrub found.",
			func(s Scrubs) int64 { return s.Damaged }),
		instant("weir_scrub_last_end_timestamp_seconds", "Number of seconds from 1970 to the end of the last completed scrub, 0 before the first.",
			func(s Scrubs) time.Time { return s.Ended }),
	}
}

// ofPages is the one figure that all shards have in common.
func ofPages() []figure[store.ShardStats] {
	return []figure[store.ShardStats]{
		gauge("weir_acid_page_bytes", "Size of a page of a shard file, in bytes.",
			func(s store.ShardStats) int64 { return s.PageBytes }),
	}
}

// ofShard are the figures that each shard has.
func ofShard() []figure[store.ShardStats] {
	const shard = "shard"
	return []figure[store.ShardStats]{
		gauge("weir_acid_file_bytes", "Size of the shard file, in bytes.",
			func(s store.ShardStats) int64 { return s.FileBytes }, shard),
		gauge("weir_acid_free_pages", "Number of pages of the shard file that the next change may use again.",
			func(s store.ShardStats) int64 { return s.FreePages }, shard),
		gauge("weir_acid_pending_pages", "Number of pages of the shard file that were freed and wait for readers to be done.",
			func(s store.ShardStats) int64 { return s.PendingPages }, shard),
		gauge("weir_acid_journal_bytes", "Size of the changes in the shard's journal that have yet to reach its tables, in bytes.",
			func(s store.ShardStats) int64 { return s.JournalBytes }, shard),
		counter("weir_acid_syncs_total", "Number of syncs of the shard's changes to the disk since the start.",
			func(s store.ShardStats) int64 { return s.Syncs }, shard),
		gauge("weir_acid_read_only", "1 when the shard takes no change after a failure, else 0.",
			func(s store.ShardStats) int64 { return flag(s.Failure != nil) }, shard),
	}
}
