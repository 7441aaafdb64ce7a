package memstore

import (
	"sync"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/duequeue"
	"github.com/weirstreams/weir/store/internal/tailbuf"
)

// handle is one stream, and the only form in which it is stored: most of a store's
// memory may be handles of streams that nobody uses.
type handle struct {
	store *Store

	mu      sync.Mutex // guards what follows
	deleted bool
	buf     tailbuf.Buffer
	rest    *rest // nil until something happens that is not an append of bytes alone

	// Never changed.
	id     uint64
	name   string
	config *store.Config // shared
}

// rest is the state of a stream that has more than bytes: an end of life, forks, a
// producer, or being closed.
type rest struct {
	handle *handle
	slot   duequeue.Slot // guarded by store.mu
	meta   store.Meta    // but for Tail, which is the end of the bytes; guarded by handle.mu
}

// DueSlot implements duequeue.Item.
func (r *rest) DueSlot() *duequeue.Slot { return &r.slot }

var _ store.Handle = (*handle)(nil)

// Meta implements store.Handle.
func (h *handle) Meta() store.Meta {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rest == nil {
		return h.bareLocked()
	}
	m := h.rest.meta.Clone()
	m.Tail = h.buf.End()
	return m
}

// bareLocked is the state of a stream without a rest.
func (h *handle) bareLocked() store.Meta {
	m := store.NewMeta(h.id, h.name, *h.config)
	m.Tail = h.buf.End()
	return m
}

// restLocked returns the rest, which the stream has from now on.
func (h *handle) restLocked() *rest {
	if h.rest == nil {
		h.rest = &rest{handle: h, meta: h.bareLocked()}
	}
	return h.rest
}

// Commit implements store.Handle.
func (h *handle) Commit(c *store.Change, _ store.Completion) (bool, error) {
	if h.store.closed.Load() {
		return false, store.ErrClosed
	}
	// The queue of due times is left alone on the common path, which changes
	// neither expiry nor deletion.
	if c.Expires == 0 && !c.SoftDelete {
		return true, h.apply(c)
	}
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	if err := h.apply(c); err != nil {
		return false, err
	}
	if !h.deleted {
		h.store.due.Set(h.rest, h.rest.meta.Due())
	}
	return true, nil
}

// apply makes one change and accounts for its memory.
func (h *handle) apply(c *store.Change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deleted {
		return store.ErrNotFound
	}
	if len(c.Bytes) > 0 {
		if err := h.appendLocked(c.Bytes); err != nil {
			return err
		}
	}
	if h.rest != nil || !c.AddsOnly() {
		h.restLocked().meta.Apply(c)
	}
	h.store.commits.Add(1)
	return nil
}

func (h *handle) appendLocked(p []byte) error {
	s, before, tail := h.store, h.buf.Held(), h.buf.End()
	h.buf.Append(p)
	grown := h.buf.Held() - before
	if grown > 0 && s.held.Add(grown) > s.max && s.max > 0 {
		h.buf.Cut(tail)
		s.held.Add(h.buf.Held() - before - grown)
		s.noSpace.Add(1)
		return store.ErrNoSpace
	}
	return nil
}

// Delete implements store.Handle.
func (h *handle) Delete(store.Completion) (bool, error) {
	s := h.store
	if s.closed.Load() {
		return false, store.ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.mu.Lock()
	gone := h.deleted
	if !gone {
		h.deleted = true
		s.held.Add(-h.buf.Held())
	}
	h.mu.Unlock()
	if gone {
		return false, store.ErrNotFound
	}
	if h.rest != nil {
		s.due.Set(h.rest, duequeue.Never)
	}
	if s.byName[h.name] == h {
		delete(s.byName, h.name)
	}
	s.addRefLocked(h.config.Fork, -1)
	s.commits.Add(1)
	return true, nil
}

// Reset implements store.Handle: nothing is ever staged here.
func (h *handle) Reset() {}

// Read implements store.Handle.
func (h *handle) Read(from, to int64) ([]store.Piece, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	slices := h.buf.Slices(from, to)
	pieces := make([]store.Piece, len(slices))
	for i, b := range slices {
		pieces[i].Mem = b
	}
	return pieces, nil
}

// AppendAt implements store.Handle.
func (h *handle) AppendAt(pos int64) (start, end int64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	start, end = h.buf.AppendAt(pos)
	return start, end, nil
}

// Release implements store.Handle: a stream lives as long as the store.
func (h *handle) Release() {}
