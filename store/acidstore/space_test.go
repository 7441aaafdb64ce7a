package acidstore_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// fillUp adds n bytes to a stream, in appends of a size.
func fillUp(t *testing.T, s *acidstore.Store, name string, n, size int) {
	t.Helper()
	h := mustOpen(t, s, name)
	defer h.Release()
	b := strings.Repeat(name, size)[:size]
	var last outcome
	for ; n > 0; n -= size {
		last = stageChange(h, text(b))
	}
	// Those before it settle first, and none settles well behind a failed one.
	if err := <-last; err != nil {
		t.Fatalf("fill %q: %v", name, err)
	}
}

// cleared waits until nothing is left of deleted streams.
func cleared(t *testing.T, s *acidstore.Store) {
	t.Helper()
	for range 1000 {
		if s.Trash() == 0 {
			return
		}
		s.Drain()
	}
	t.Fatalf("left of deleted streams: got %d of them after 1000 turns, want none", s.Trash())
}

// TestSpaceIsUsedAgain fills a stream, deletes it, and fills another one in the
// room that it had, again and again.
func TestSpaceIsUsedAgain(t *testing.T) {
	t.Parallel()
	const large = 32 << 20
	s := open(t, t.TempDir(), 1)
	defer closeStore(t, s)
	mustCreate(t, s, "beside", store.Change{})
	var first int64
	for round := range 3 {
		mustCreate(t, s, "large", store.Change{})
		fillUp(t, s, "large", large, 256<<10)
		s.Tidy()
		full := s.Stats().Shards[0]
		used := full.FileBytes - s.Room(0)
		if round == 0 {
			first = used
		}
		if used*10 > first*11 {
			t.Errorf("pages of the file in round %d: got %d bytes, want about the %d of the first", round, used, first)
		}
		if full.FileBytes > used+2*acidstore.MaxGrowth {
			t.Errorf("file in round %d: got %d bytes for %d of pages, want room for one transaction behind them", round, full.FileBytes, used)
		}
		mustDelete(t, s, "large")
		cleared(t, s)
		// What the last transaction has freed is to be used by the one after the
		// next.
		mustAppend(t, s, "beside", "x")
		mustAppend(t, s, "beside", "x")
		empty := s.Stats().Shards[0]
		if free := (empty.FreePages - full.FreePages) * empty.PageBytes; free < large {
			t.Errorf("free pages after the deletion: got %d bytes more than before it, want %d", free, large)
		}
		if empty.PendingPages > 10 {
			t.Errorf("pages that wait for readers, of whom there is none: got %d", empty.PendingPages)
		}
	}
	wantWhole(t, s)
}

// TestDeletionIsTakenInParts: whoever stages something beside a large deletion
// waits for a part of it, not for all.
func TestDeletionIsTakenInParts(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 1)
	defer closeStore(t, s)
	mustCreate(t, s, "beside", store.Change{})
	mustCreate(t, s, "large", store.Change{})
	fillUp(t, s, "large", 32<<20, 8<<10)
	s.Tidy()
	all := s.Keys()
	if all < 4096 {
		t.Fatalf("keys: got %d, want one for each 8 KiB", all)
	}
	step, letGo := s.HoldTurns()
	large, beside := mustOpen(t, s, "large"), mustOpen(t, s, "beside")
	commits := []outcome{stage(large.Delete)}
	large.Release()
	turns, alone := 0, 0
	for s.Trash() > 0 || turns == 0 {
		before := s.Keys()
		step()
		removed := before - s.Keys()
		if removed == 0 {
			continue // it was not at the gate yet
		}
		turns++
		bound := acidstore.ReclaimIdle
		select {
		case err := <-commits[len(commits)-1]:
			if err != nil {
				t.Errorf("change beside the deletion: %v", err)
			}
			bound = acidstore.ReclaimBeside + 1 // and a state
			commits = append(commits, stageChange(beside, text("x")))
		default:
			alone++
		}
		if removed > bound {
			t.Errorf("turn %d: removed %d keys, want up to %d", turns, removed, bound)
		}
	}
	letGo()
	if err := <-commits[len(commits)-1]; err != nil && len(commits) > 1 {
		t.Errorf("change beside the deletion: %v", err)
	}
	beside.Release()
	if want := all / acidstore.ReclaimIdle; alone < want-1 || turns > alone+len(commits) {
		t.Errorf("turns: got %d and %d of them for nothing else, with %d changes, want at least %d for nothing else", turns, alone, len(commits), want-1)
	}
	wantContent(t, s, map[string]string{"beside": strings.Repeat("x", len(commits)-1)})
}
