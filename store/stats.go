package store

import "time"

// Stats are a tier's figures for operators. Those that a tier does not have are
// zero. Making them is cheap: they are asked for with every creation too.
type Stats struct {
	Streams     int64 // streams stored, soft-deleted ones included
	MemoryBytes int64 // stream bytes held in memory
	MemoryLimit int64 // what MemoryBytes may come to; 0: no limit
	LogBytes    int64 // write-ahead log on disk
	Syncs       int64 // syncs of the log since the start
	Commits     int64 // changes settled since the start
	NoSpace     int64 // changes refused since the start for want of memory or disk

	// Stalls counts the groups of changes since the start that had to wait for
	// memory, and StallTime is how long they did, together.
	Stalls    int64
	StallTime time.Duration

	Checkpoints        int64         // completed since the start
	CheckpointFailures int64         // since the start
	LastCheckpoint     time.Time     // end of the last that was completed, zero before the first
	LastCheckpointTook time.Duration // how long that one ran
	LogSinceCheckpoint int64         // bytes by which the log has grown since then, or since the start

	// GroupSize is how many changes settled with one write or transaction. It is
	// not a copy: it goes on counting. Nil in tiers where each settles by itself.
	GroupSize *Distribution
	// SyncTime is what it took to make a group durable, in nanoseconds, and goes
	// on counting as well. Nil in tiers that do not wait for that.
	SyncTime *Distribution

	// Shards are the figures of each database file; nil in tiers without any.
	Shards []ShardStats
}

// ShardStats are figures of one database file.
type ShardStats struct {
	File         string // relative to the data directory
	FileBytes    int64
	PageBytes    int64 // the unit of the two that follow
	FreePages    int64 // to be used again by the next change
	PendingPages int64 // freed, and to be used again when readers are done
	JournalBytes int64 // changes that are not folded into the tables yet
	Syncs        int64 // since the start
	Failure      error // why the file takes no change any more, or nil
}
