package filestore

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/wal"
)

// A batch is what one write and one sync settle. It takes whatever is queued.
const (
	maxBatchBytes = 4 << 20
	// kept is how many entries the two queues' memory is kept for.
	kept = 4096
)

// result is the outcome of one entry of a batch.
type result struct {
	lsn uint64
	err error
}

// commitQueued settles all that is queued, batch by batch. The caller has the turn.
func (c *committer) commitQueued() {
	all := c.s.queue.Take(c.spare)
	c.last.Store(int64(len(all)))
	for rest := all; len(rest) > 0; {
		n, bytes := 0, 0
		for n < len(rest) && bytes < maxBatchBytes {
			if ch := rest[n].change; ch != nil {
				bytes += len(ch.Bytes)
			}
			n++
		}
		c.commit(rest[:n])
		rest = rest[n:]
	}
	clear(all)
	c.spare = all
	if cap(all) > kept {
		c.spare = nil
	}
}

// commit makes one batch durable and settles it.
func (c *committer) commit(batch []entry) {
	c.outcome = c.outcome[:0]
	err := c.waitForRoom()
	c.owner.lock()
	if err == nil {
		err = c.s.failure() // a checkpoint's, since the batch was staged
	}
	if err == nil {
		c.append(batch)
		err = c.flush()
	}
	if err != nil {
		err = c.explain(err)
		c.outcome = c.outcome[:0]
		for range batch {
			c.outcome = append(c.outcome, result{err: err})
		}
	}
	c.apply(batch)
	c.owner.unlock()
	for i := range batch {
		batch[i].done.Settled(c.outcome[i].err)
	}
}

// append puts the batch into the log's buffer. An entry that is staged behind a
// failed one of its stream fails too.
func (c *committer) append(batch []entry) {
	for i := range batch {
		e := &batch[i]
		r := result{err: e.h.failed()}
		if r.err == nil {
			c.current = e
			if r.lsn, r.err = c.log.Append(c.encode); r.err != nil {
				r.err = c.explain(r.err)
				e.h.fail(r.err)
			}
		}
		c.outcome = append(c.outcome, r)
	}
}

func (c *committer) flush() error {
	if err := c.log.Flush(); err != nil {
		return err
	}
	c.logBytes.Store(c.log.Size())
	if !c.s.opts.Sync {
		return nil
	}
	c.syncs.Add(1)
	begun := time.Now()
	err := c.log.Sync()
	c.syncTime.Since(begun)
	return err
}

// explain turns a failure of the log into one of the store's errors.
func (c *committer) explain(err error) error {
	if errors.Is(err, wal.ErrBroken) {
		c.s.fail(err)
	}
	if broken := c.s.failure(); broken != nil {
		return broken
	}
	switch {
	case isFull(err), errors.Is(err, store.ErrNoSpace):
		return fmt.Errorf("%w: %w", store.ErrNoSpace, err)
	default:
		return fmt.Errorf("%w: %w", store.ErrNotWritten, err)
	}
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// apply moves the settled state over the batch, or marks the streams of what
// failed.
func (c *committer) apply(batch []entry) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	settled, full := int64(0), int64(0)
	for i := range batch {
		e, r := &batch[i], c.outcome[i]
		if r.err != nil {
			e.h.fail(r.err)
			if errors.Is(r.err, store.ErrNoSpace) {
				full++
			}
			continue
		}
		settled++
		s.applyLocked(e.h, e.kind, e.change, r.lsn)
	}
	c.count(settled, full)
	s.checkpoints.considerLocked()
}

// waitForRoom holds the batch back while unwritten bytes take more memory than
// they may, until a checkpoint has been tried. The writers wait with it.
func (c *committer) waitForRoom() error {
	s := c.s
	if s.held.Load() <= s.opts.MaxMemoryBytes {
		return nil
	}
	defer c.stalled(time.Now())
	if err := <-s.checkpoints.room(); err != nil && s.held.Load() > s.opts.MaxMemoryBytes {
		return fmt.Errorf("%w: the checkpoint that would make room failed: %w", store.ErrNoSpace, err)
	}
	return nil
}

// failed returns why the next staged change of the stream cannot settle.
func (h *handle) failed() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return store.ErrAborted
	}
	return nil
}

// fail marks the stream: what is staged behind a failed change fails too.
func (h *handle) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken == nil {
		h.broken = err
	}
}
