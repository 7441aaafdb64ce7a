package acidstore

import (
	"fmt"
	"sync"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/tailbuf"
)

// handle is one open stream.
type handle struct {
	shard *shard

	// Guarded by shard.mu.
	refs    int
	settled bool // the creation has settled
	dirty   bool // the journal has changes of it

	// Owned by the shard's writer.
	stored  stored                         // what the tables have
	flushed int64                          // the bytes up to this position are in the tables
	moved   map[string]store.ProducerState // the producers that are not
	removed bool                           // the deletion has been committed
	step    *step                          // what the present batch does

	mu sync.Mutex // guards what follows
	// meta is the settled state; its ID, Name and Config never change. Refs may
	// be ahead of the file.
	meta store.Meta
	// buf holds the bytes that are not in the tables yet, and maybe some before
	// them. It reaches beyond meta.Tail by what is staged.
	buf tailbuf.Buffer
	// broken is why a staged change failed. Until Reset nothing more is staged,
	// and what was staged behind it fails too.
	broken error
	doomed bool // a deletion is staged: nothing may be staged behind it
}

var _ store.Handle = (*handle)(nil)

func newHandle(sh *shard, m store.Meta) *handle {
	return &handle{shard: sh, meta: m, flushed: m.Tail, buf: tailbuf.At(m.Tail)}
}

// Meta implements store.Handle.
func (h *handle) Meta() store.Meta {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.meta.Clone()
}

func (h *handle) due() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.meta.Due()
}

// Commit implements store.Handle.
func (h *handle) Commit(c *store.Change, done store.Completion) (bool, error) {
	return false, h.stage(op{kind: opChange, h: h, change: c, done: done})
}

// Delete implements store.Handle.
func (h *handle) Delete(done store.Completion) (bool, error) {
	return false, h.stage(op{kind: opDelete, h: h, done: done})
}

// stage takes the bytes of a change into the buffer and queues it. The queue has
// the ops of a stream in the order of their bytes.
func (h *handle) stage(o op) error {
	if err := h.shard.failure(); err != nil {
		return err
	}
	if c := o.change; c != nil && c.Producer != nil && len(c.Producer.ID) > maxProducer {
		return fmt.Errorf("%w: the producer's id has %d bytes, want at most %d", store.ErrNotWritten, len(c.Producer.ID), maxProducer)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return store.ErrAborted
	}
	if h.doomed {
		return store.ErrNotFound
	}
	tail := h.buf.End()
	if o.change != nil && len(o.change.Bytes) > 0 {
		held := h.buf.Held()
		o.change.Bytes = h.buf.Append(o.change.Bytes)
		h.shard.held.Add(h.buf.Held() - held)
	}
	if err := h.shard.queue.Push(o); err != nil {
		h.cutLocked(tail)
		return err
	}
	h.doomed = o.kind == opDelete
	return nil
}

// cutLocked takes back the bytes from position pos on.
func (h *handle) cutLocked(pos int64) {
	held := h.buf.Held()
	h.buf.Cut(pos)
	h.shard.held.Add(h.buf.Held() - held)
}

// Reset implements store.Handle.
func (h *handle) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cutLocked(h.meta.Tail)
	h.broken, h.doomed = nil, false
}

// failed reports whether a change of the stream has failed since Reset.
func (h *handle) failed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.broken != nil
}

// fail marks the stream: what is staged behind a failed change fails too.
func (h *handle) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken == nil {
		h.broken = err
	}
}

// unfolded returns the bytes up to tail that the tables lack, and the ends of the
// appends in them.
func (h *handle) unfolded(tail int64) (slices [][]byte, ends []int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	slices = h.buf.Slices(h.flushed, tail)
	h.buf.Ends(h.flushed, tail, func(end int64) { ends = append(ends, end) })
	return slices, ends
}

// folded notes that the tables have all up to tail, and lets go of it.
func (h *handle) folded(tail int64) {
	h.flushed, h.moved = tail, nil
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.buf.Held()
	h.buf.Drop(tail)
	h.shard.held.Add(h.buf.Held() - held)
}

// empty lets go of all bytes in memory. Nobody has the stream open.
func (h *handle) empty() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shard.held.Add(-h.buf.Held())
	h.buf = tailbuf.At(h.meta.Tail)
}

// Release implements store.Handle.
func (h *handle) Release() {
	sh := h.shard
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.releaseLocked(h)
}
