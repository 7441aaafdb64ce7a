package filestore

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/wal"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// A batch that follows one of a few writers waits for nobody; among many writers
// a short wait makes batches larger, and so fewer syncs, by more than it costs.
const (
	manyWriters = 4
	company     = 100 * time.Microsecond
)

// forHelpers is how long the goroutine leaves what is staged to those who wait for
// it, where nothing is synced: they write sooner and cheaper than it could be
// woken. After that it settles what nobody waits for.
const forHelpers = 10 * time.Millisecond

// committer writes what is staged to the log and settles it, batch by batch. Its
// goroutine does that, or, where nothing is synced, whoever waits for a change.
type committer struct {
	s        *Store
	urgent   chan struct{} // has an element when somebody could not help
	quit     chan struct{}
	ended    sync.WaitGroup
	closeErr error

	// turn is held by whoever settles what is queued, so that batches settle in
	// the order of the queue. It is taken before owner.
	turn    token
	spare   []entry
	outcome []result
	current *entry
	encode  func(dst []byte) []byte // encodes current

	// owner is held by whoever owns the log for the moment, between two batches or
	// during one.
	owner token
	log   *wal.Log

	last     atomic.Int64 // size of the last batch
	logBytes atomic.Int64

	// For operators.
	syncs     atomic.Int64
	noSpace   atomic.Int64 // changes refused
	stalls    atomic.Int64 // batches that waited for memory
	stallTime atomic.Int64 // nanoseconds that they did
	groupSize *store.Distribution
	syncTime  *store.Distribution // nil where nothing is synced
}

func (c *committer) start(s *Store, log *wal.Log) {
	c.s, c.log = s, log
	c.turn, c.owner = newToken(), newToken()
	c.urgent = make(chan struct{}, 1)
	c.quit = make(chan struct{})
	c.groupSize = store.NewSizes()
	if s.opts.Sync {
		c.syncTime = store.NewTimes()
	}
	c.encode = func(dst []byte) []byte { return c.current.encode(dst) }
	c.logBytes.Store(log.Size())
	c.ended.Go(c.run)
}

// stop settles what is still queued, closes the log and waits for the goroutine.
func (c *committer) stop() error {
	close(c.quit)
	c.ended.Wait()
	return c.closeErr
}

func (c *committer) run() {
	for {
		select {
		case <-c.s.queue.Wake():
			c.wait()
			c.settle()
		case <-c.urgent:
			c.settle()
		case <-c.quit:
			c.settle()
			c.owner.lock()
			c.closeErr = c.log.Close()
			c.owner.unlock()
			if c.s.failure() != nil {
				c.closeErr = nil // was said when it happened
			}
			return
		}
	}
}

// wait holds the goroutine back from what was staged just now. A batch that will
// be synced waits for others to stage, when there are many. Whoever is ready then
// goes first: a processor with nothing else to run is not taken away from a sync
// that sleeps on it.
func (c *committer) wait() {
	switch {
	case !c.s.opts.Sync:
		select {
		case <-c.urgent:
		case <-time.After(forHelpers):
		}
	case c.last.Load() > manyWriters:
		time.Sleep(company)
		runtime.Gosched()
	}
}

// do runs f while nobody else uses the log, between two batches. It does not wait
// for a batch to settle: that batch may itself be waiting for the checkpoint that
// f is a part of.
func (c *committer) do(f func()) {
	c.owner.lock()
	defer c.owner.unlock()
	f()
}

// SyncsHoldProcessors reports whether a goroutine that waits for a sync keeps one
// of the scheduler's processors from others, on this machine.
func SyncsHoldProcessors() bool { return !vfs.CanWaitForSyncs() }

// settle returns when all that is queued has settled.
func (c *committer) settle() {
	c.turn.lock()
	c.commitQueued()
	c.pass()
}

// pass gives the turn to others. Whoever wanted to help meanwhile could not and now
// waits, so the goroutine does it for them, at once.
func (c *committer) pass() {
	c.turn.unlock()
	if c.s.opts.Sync || c.s.queue.Len() == 0 {
		return // what is synced waits for company, see wait
	}
	select {
	case c.urgent <- struct{}{}:
	default:
	}
}

// Help implements store.Helper. A sync is left to the goroutine: the more it is
// done by, the fewer changes each has.
func (h *handle) Help() {
	if s := h.store; !s.opts.Sync {
		s.committer.help()
	}
}

// help settles what is queued, unless somebody is about it. Whoever came too late
// for this batch is left to the goroutine, so that nobody works for others
// without an end.
func (c *committer) help() {
	if !c.turn.tryLock() {
		return
	}
	// Whoever is ready stages first, so that one write does for all: once for those
	// who have a request, and once for those who had an answer to send before.
	runtime.Gosched()
	runtime.Gosched()
	c.commitQueued()
	c.pass()
}
