package filestore

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/filestore/wal"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// A checkpoint is due when the log has grown by Options.CheckpointLogBytes, when
// three quarters of the memory for unwritten bytes are taken, when this many
// streams wait, or after Options.CheckpointInterval.
const maxDirty = 100_000

// retryCheckpoint is the pause after one that failed, for example because the
// disk is full.
const retryCheckpoint = time.Second

// checkpointer is the goroutine that moves settled changes out of the log.
type checkpointer struct {
	s     *Store
	kick  chan struct{}
	quit  chan struct{}
	ended sync.WaitGroup
	floor atomic.Int64 // size of the log after the last checkpoint

	// For operators.
	done     atomic.Int64
	failures atomic.Int64
	last     atomic.Pointer[checkpointed] // nil before the first

	mu      sync.Mutex   // guards what follows; taken after Store.mu
	busy    bool         // an attempt is under way
	waiting []chan error // for an attempt that is yet to begin
	cramped []chan error // for the end of any attempt

	// running is held through a checkpoint. It is taken before all other locks.
	running sync.Mutex
	keeping bool // guarded by running: a backup is made, see kept.go

	// Owned by whoever runs a checkpoint: the goroutine, or recovery and Close,
	// when it is not there.
	root    root
	folders map[string]bool // data folders known to be there
}

func (c *checkpointer) init(s *Store, r root) {
	c.s, c.root = s, r
	c.folders = make(map[string]bool)
	c.kick = make(chan struct{}, 1)
	c.quit = make(chan struct{})
}

func (c *checkpointer) start() {
	c.floor.Store(c.s.committer.logBytes.Load())
	c.ended.Go(c.loop)
}

// begin notes, at the first start, that the log has been made: from now on a
// missing one is a loss.
func (c *checkpointer) begin() error {
	if c.root.begun {
		return nil
	}
	c.root.begun = true
	if err := c.s.cat.Commit(nil, c.root.encode()); err != nil {
		return fmt.Errorf("begin catalogue: %w", err)
	}
	return nil
}

// stop ends the goroutine, after the checkpoint it may be in, and waits for it.
func (c *checkpointer) stop() {
	close(c.quit)
	c.ended.Wait()
}

func (c *checkpointer) loop() {
	t := time.NewTicker(c.s.opts.CheckpointInterval)
	defer t.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-t.C:
		case <-c.kick:
		}
		err := c.attempt()
		if err == nil {
			c.consider()
		} else {
			select {
			case <-c.quit:
				return
			case <-time.After(retryCheckpoint):
			}
		}
	}
}

// attempt runs a checkpoint and tells those who wait for it.
func (c *checkpointer) attempt() error {
	c.mu.Lock()
	waiting := c.waiting
	c.waiting, c.busy = nil, true
	c.mu.Unlock()
	err := c.run()
	if err != nil {
		c.failures.Add(1)
		c.s.log.Error().Err(err).Msg("checkpoint failed")
	}
	c.mu.Lock()
	waiting = append(waiting, c.cramped...)
	c.cramped, c.busy = nil, false
	c.mu.Unlock()
	for _, w := range waiting {
		w <- err
	}
	return err
}

// request asks for a checkpoint of everything that has settled, and returns where
// its outcome is told.
func (c *checkpointer) request() <-chan error {
	w := make(chan error, 1)
	c.mu.Lock()
	c.waiting = append(c.waiting, w)
	c.mu.Unlock()
	c.wake()
	return w
}

// room returns where the outcome of the present checkpoint is told, or of one that
// begins now. The present one makes room, too: another behind it would write the few
// bytes that came meanwhile to just as many files.
func (c *checkpointer) room() <-chan error {
	w := make(chan error, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cramped = append(c.cramped, w)
	if !c.busy {
		c.wake()
	}
	return w
}

func (c *checkpointer) wake() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// consider starts a checkpoint when another one is due.
func (c *checkpointer) consider() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.considerLocked()
}

// considerLocked is consider for who has Store.mu. While a checkpoint runs nothing is
// due: what it leaves is considered at its end.
func (c *checkpointer) considerLocked() {
	c.mu.Lock()
	busy := c.busy
	c.mu.Unlock()
	if busy {
		return
	}
	s := c.s
	dirty := len(s.dirty)
	if dirty >= maxDirty ||
		s.held.Load() > s.opts.MaxMemoryBytes/4*3 && dirty > 0 ||
		s.committer.logBytes.Load()-c.floor.Load() >= s.opts.CheckpointLogBytes {
		c.wake()
	}
}

// run makes one checkpoint: what the log holds up to now goes to the data files
// and the catalogue, and leaves the log. A failure leaves everything in the log
// and is tried again, unless the outcome is unknown.
func (c *checkpointer) run() error {
	c.running.Lock()
	defer c.running.Unlock()
	s, begun := c.s, time.Now()
	if err := s.failure(); err != nil {
		return err
	}
	var streams []*handle
	var start uint64
	var err error
	s.committer.do(func() {
		if start, err = s.committer.log.Rotate(); err == nil {
			streams = s.takeDirty()
		}
	})
	if err != nil {
		return c.explain(fmt.Errorf("rotate log: %w", err))
	}
	if len(streams) == 0 && start == c.root.walStart {
		return nil
	}
	if err := c.write(streams, start); err != nil {
		return err
	}
	s.committer.do(func() {
		err = s.committer.log.Trim(start)
		s.committer.logBytes.Store(s.committer.log.Size())
	})
	c.floor.Store(s.committer.logBytes.Load())
	c.completed(begun)
	if err != nil {
		return c.explain(fmt.Errorf("trim log: %w", err))
	}
	return nil
}

// explain turns the store read-only when a failure leaves unknown what the disk
// holds.
func (c *checkpointer) explain(err error) error {
	if errors.Is(err, wal.ErrBroken) || errors.Is(err, catalogue.ErrBroken) || errors.Is(err, errUnsynced) {
		c.s.fail(err)
	}
	return err
}

// errUnsynced says that a sync failed, after which nothing may be assumed of what
// was written before.
var errUnsynced = errors.New("sync failed")

// takeDirty returns the streams to write. They count as dirty until writeLocked.
func (s *Store) takeDirty() []*handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	streams := s.dirty
	s.dirty = nil
	for _, h := range streams {
		h.dirty, h.writing = false, true
	}
	return streams
}

// write puts the streams' bytes into their files and their state into the
// catalogue, which from then on needs the log from record start only.
func (c *checkpointer) write(streams []*handle, start uint64) error {
	s := c.s
	next := c.root
	next.walStart, next.lastID = start, s.nextID.Load()
	var b catalogue.Batch
	snaps, err := c.gather(streams, &b, &next)
	if err == nil {
		err = c.syncLog()
	}
	if err == nil {
		err = s.cat.Commit(&b, next.encode())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		for _, h := range streams {
			h.writing = false
			s.markLocked(h)
		}
		return c.explain(fmt.Errorf("write checkpoint: %w", err))
	}
	c.root = next
	s.written++
	for i := range snaps {
		s.writtenLocked(&snaps[i])
	}
	return nil
}

// syncLog makes durable what the snapshots include of the log. If only the
// catalogue had a change after a power loss, its number would be given again, and
// the next replay would take the new change for the old one.
func (c *checkpointer) syncLog() (err error) {
	log := c.s.committer.log
	if c.s.opts.Sync || log == nil { // in recovery there is nothing to write
		return nil
	}
	c.s.committer.do(func() { err = log.Sync() })
	return err
}

// gather writes the data files and fills the batch. Deletions come first, so
// that a new stream of the same name wins.
func (c *checkpointer) gather(streams []*handle, b *catalogue.Batch, next *root) ([]snapshot, error) {
	snaps := make([]snapshot, len(streams))
	for i, h := range streams {
		snaps[i] = c.s.snapshot(h)
		if snaps[i].deleted {
			if err := c.erase(&snaps[i], b); err != nil {
				return nil, err
			}
			if h.stored {
				next.streams--
			}
		}
	}
	var grown []*snapshot
	for i := range snaps {
		p := &snaps[i]
		if p.deleted {
			continue
		}
		if len(p.slices) > 0 {
			grown = append(grown, p)
		}
		p.describe(b)
		if !p.h.stored {
			next.streams++
		}
	}
	files := c.newFiles()
	if err := files.write(grown, b); err != nil {
		return nil, err
	}
	return snaps, files.sync()
}

// erase removes a deleted stream from the catalogue, and its file. The file goes
// first: while the log still has the deletion, doing it again does no harm.
func (c *checkpointer) erase(p *snapshot, b *catalogue.Batch) error {
	if p.meta.Tail > p.meta.Base() {
		if err := c.removeFile(p.meta.ID); err != nil {
			return err
		}
	}
	if !p.h.stored {
		return nil
	}
	b.Delete(nameKey(p.meta.Name))
	b.Delete(idKey(p.meta.ID))
	if p.h.storedDue != store.Never {
		b.Delete(dueKey(p.h.storedDue, p.meta.ID))
	}
	it := c.s.cat.Scan(extentKey(p.meta.ID, 0), extentKey(p.meta.ID+1, 0))
	defer it.Close()
	for it.Next() {
		b.Delete(it.Key())
	}
	err := it.Err()
	if _, damaged := errors.AsType[*catalogue.CorruptionError](err); damaged {
		// They stay behind, of a stream that is no more, and harm nobody. To fail
		// would keep everything else in the log.
		c.s.log.Error().Err(err).Str("stream", p.meta.Name).Msg("the catalogue keeps a part of a deleted stream")
		return nil
	}
	if err != nil {
		return fmt.Errorf("find extents: %w", err)
	}
	return nil
}

// writtenLocked notes that the catalogue has the snapshot.
func (s *Store) writtenLocked(p *snapshot) {
	h := p.h
	h.writing = false
	if p.deleted {
		h.stored = false
		if s.hidden[p.meta.Name] == h {
			delete(s.hidden, p.meta.Name)
		}
	} else {
		h.mu.Lock()
		if p.after != (vfs.State{}) {
			h.good.wrote(p.before, p.after, h.flushed, p.meta.Tail)
		}
		h.stored, h.storedDue, h.flushed = true, p.meta.Due(), p.meta.Tail
		held := h.buf.Held()
		h.buf.Drop(h.flushed)
		s.held.Add(h.buf.Held() - held)
		h.mu.Unlock()
	}
	if !h.dirty {
		s.due.Set(h, store.Never)
	}
	s.forgetLocked(h)
}
