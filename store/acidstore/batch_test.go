package acidstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// transactions is what the transactions of a shard brought, one after the other.
// The shard's writer fills it in.
type transactions struct {
	settled, bytes []int
}

// watch notes what every transaction of shard 0 brings from now on.
func watch(s *acidstore.Store) *transactions {
	seen := new(transactions)
	s.OnWrite(0, func(offset int64, write func() error) error {
		if offset < 2*pageBytes { // the page that commits
			seen.settled, seen.bytes = append(seen.settled, 0), append(seen.bytes, 0)
		}
		return write()
	})
	return seen
}

// counted is told that a change of so many bytes has settled in a transaction.
type counted struct {
	*transactions
	n    int
	left *atomic.Int64
	done chan error
}

// Settled implements store.Completion.
func (c counted) Settled(err error) {
	if err != nil {
		c.done <- err
		return
	}
	last := len(c.settled) - 1
	c.settled[last]++
	c.bytes[last] += c.n
	if c.left.Add(-1) == 0 {
		c.done <- nil
	}
}

// burst stages n changes of a size to a few streams while nothing is committed, and
// returns what the transactions brought.
func burst(t *testing.T, n, size int) transactions {
	t.Helper()
	const streams = 10
	s := open(t, t.TempDir(), 1)
	defer closeStore(t, s)
	var handles []store.Handle
	for i := range streams {
		mustCreate(t, s, fmt.Sprint(i), store.Change{})
		handles = append(handles, mustOpen(t, s, fmt.Sprint(i)))
	}
	seen := watch(s)
	var left atomic.Int64
	left.Store(int64(n))
	done := make(chan error, n)
	before := s.Stats()
	sizes := before.GroupSize.Snapshot()
	_, letGo := s.HoldTurns()
	for i := range n {
		c := store.Change{Bytes: make([]byte, size)}
		if _, err := handles[i%streams].Commit(&c, counted{seen, size, &left, done}); err != nil {
			t.Fatalf("commit: %v", err)
		}
	}
	letGo()
	if err := <-done; err != nil {
		t.Fatalf("change: %v", err)
	}
	s.Drain()
	after, brought := s.Stats(), *seen // without those that the end needs
	if got := after.Commits - before.Commits; got != int64(n) {
		t.Errorf("changes settled: got %d, want %d", got, n)
	}
	if got := after.Syncs - before.Syncs; got != int64(2*len(brought.settled)) {
		t.Errorf("syncs: got %d for %d transactions, want two for each", got, len(brought.settled))
	}
	groups := after.GroupSize.Snapshot()
	if changes, count := groups.Sum-sizes.Sum, groups.Count-sizes.Count; changes != int64(n) || count != int64(len(brought.settled)) {
		t.Errorf("group sizes: got %d changes in %d groups, want %d in %d", changes, count, n, len(brought.settled))
	}
	if got := after.SyncTime.Snapshot(); 2*got.Count != after.Syncs || got.Sum == 0 {
		t.Errorf("times of transactions: got %d of %d ns together, want one for two of %d syncs", got.Count, got.Sum, after.Syncs)
	}
	for _, h := range handles {
		if got, want := h.Meta().Tail, int64(n/streams*size); got != want {
			t.Errorf("tail: got %d, want %d", got, want)
		}
		h.Release()
	}
	return brought
}

// TestBurst: what waits is committed together, and no transaction takes more than
// it should.
func TestBurst(t *testing.T) {
	t.Parallel()
	seen := burst(t, 5000, 10)
	for i, n := range seen.settled {
		if n > acidstore.MaxBatchOps {
			t.Errorf("transaction %d: got %d changes, want up to %d", i, n, acidstore.MaxBatchOps)
		}
	}
	if got, want := len(seen.settled), 5000/acidstore.MaxBatchOps+1; got != want {
		t.Errorf("transactions for 5000 changes: got %d, want %d", got, want)
	}
}

func TestLargeBurst(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	seen := burst(t, 20, size)
	for i, n := range seen.bytes {
		if n > acidstore.MaxBatchBytes+size {
			t.Errorf("transaction %d: got %d bytes, want about %d", i, n, acidstore.MaxBatchBytes)
		}
	}
	if got, want := len(seen.bytes), 20*size/acidstore.MaxBatchBytes+2; got > want {
		t.Errorf("transactions for 20 changes of a mebibyte: got %d, want up to %d", got, want)
	}
}

// TestAlone: a change with nothing else waiting has a transaction of its own, which
// is two syncs.
func TestAlone(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 4)
	defer closeStore(t, s)
	costs := func(what string, f func()) {
		t.Helper()
		before := s.Stats().Syncs
		f()
		s.Drain()
		if got := s.Stats().Syncs - before; got != 2 {
			t.Errorf("syncs of %s: got %d, want 2", what, got)
		}
	}
	costs("a creation", func() { mustCreate(t, s, "a", text("1")) })
	for range 10 {
		costs("an append", func() { mustAppend(t, s, "a", "2") })
	}
	costs("a closure", func() { mustCommit(t, s, "a", store.Change{Close: true}) })
	costs("a deletion", func() { mustDelete(t, s, "a") })
	before := s.Stats().Syncs
	for range 3 {
		s.Drain()
		s.Tidy() // the journal has the deleted stream's changes
	}
	if got := s.Stats().Syncs - before; got != 2 {
		t.Errorf("syncs of a fold, and of nothing: got %d, want 2", got)
	}
}
