package filestore

import (
	"time"

	"github.com/weirstreams/weir/store"
)

// checkpointed is what is known of the last checkpoint that was completed.
type checkpointed struct {
	ended time.Time
	took  time.Duration
}

// completed notes that a checkpoint that began at that instant is done.
func (c *checkpointer) completed(begun time.Time) {
	now := time.Now()
	c.last.Store(&checkpointed{ended: now, took: now.Sub(begun)})
	c.done.Add(1)
}

// count notes what became of a batch: how many changes have settled, and how many
// found no room.
func (c *committer) count(settled, full int64) {
	if settled > 0 {
		c.s.commits.Add(settled)
		c.groupSize.Observe(settled)
	}
	if full > 0 {
		c.noSpace.Add(full)
	}
}

// stalled notes that a batch has waited for memory since that instant.
func (c *committer) stalled(begun time.Time) {
	c.stalls.Add(1)
	c.stallTime.Add(time.Since(begun).Nanoseconds())
}

// Stats implements store.Store.
func (s *Store) Stats() store.Stats {
	c, points := &s.committer, &s.checkpoints
	st := store.Stats{
		Streams:            s.count.Load(),
		MemoryBytes:        s.held.Load(),
		MemoryLimit:        s.opts.MaxMemoryBytes,
		LogBytes:           c.logBytes.Load(),
		Syncs:              c.syncs.Load(),
		Commits:            s.commits.Load(),
		NoSpace:            c.noSpace.Load(),
		Stalls:             c.stalls.Load(),
		StallTime:          time.Duration(c.stallTime.Load()),
		Checkpoints:        points.done.Load(),
		CheckpointFailures: points.failures.Load(),
		// A checkpoint may just have cut the log and not have noted how large it is.
		LogSinceCheckpoint: max(0, c.logBytes.Load()-points.floor.Load()),
		GroupSize:          c.groupSize,
		SyncTime:           c.syncTime,
	}
	if last := points.last.Load(); last != nil {
		st.LastCheckpoint, st.LastCheckpointTook = last.ended, last.took
	}
	return st
}
