package filestore_test

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirstreams/weir/store/filestore"
)

// TestStatsOfGroups: every settled change is in one group, and every group has one
// sync where there are any.
func TestStatsOfGroups(t *testing.T) {
	for _, o := range []filestore.Options{quiet, synced(quiet)} {
		s, _ := open(t, newMemFS(), o)
		perform(t, s, "+a=1 +b=2 | a<3 -b +c=4 c>d")
		st := s.Stats()
		sizes := st.GroupSize.Snapshot()
		if sizes.Sum != st.Commits || sizes.Count == 0 {
			t.Errorf("synced %v: got %d changes in %d groups, want %d changes", o.Sync, sizes.Sum, sizes.Count, st.Commits)
		}
		switch {
		case !o.Sync && st.SyncTime != nil:
			t.Error("without syncs: got times of them, want none")
		case o.Sync && (st.SyncTime.Snapshot().Count != st.Syncs || st.Syncs != sizes.Count):
			t.Errorf("got %d syncs and %d times of them, want as many as groups: %d", st.Syncs, st.SyncTime.Snapshot().Count, sizes.Count)
		}
		mustClose(t, s)
	}
}

// TestStatsOfCheckpoints: what a checkpoint takes out of the log is no longer
// waiting for one.
func TestStatsOfCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, newMemFS(), quiet)
		mustCreate(t, s, "a", "1")
		st := s.Stats()
		if st.Checkpoints != 0 || !st.LastCheckpoint.IsZero() || st.LogSinceCheckpoint == 0 {
			t.Errorf("before the first checkpoint: got %+v, want none and bytes of the log that wait for it", st)
		}
		time.Sleep(time.Second)
		mustCheckpoint(t, s)
		if st = s.Stats(); st.Checkpoints != 1 || !st.LastCheckpoint.Equal(time.Now()) || st.LogSinceCheckpoint != 0 {
			t.Errorf("after a checkpoint: got %+v, want one, at %v, and nothing that waits", st, time.Now())
		}
		mustClose(t, s)
	})
}

// TestStatsOfAFullStore: who waits for memory and for whom there is none is counted,
// and so are the checkpoints that make none.
func TestStatsOfAFullStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, fs, _ := full(t, func(op, name string) bool { return op == "write" && under(name, "data") }, syscall.ENOSPC)
		st := s.Stats()
		if st.Stalls != 1 || st.NoSpace != 1 || st.CheckpointFailures == 0 || st.MemoryLimit != 1<<10 {
			t.Errorf("full: got %+v, want one stall, one refusal, failed checkpoints and the limit", st)
		}
		fs.unset()
		mustClose(t, s)
	})
}
