package filestore

import (
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/tailbuf"
)

// Open implements store.Store.
func (s *Store) Open(name string) (store.Handle, error) {
	if s.closed.Load() {
		return nil, store.ErrClosed
	}
	h, err := s.acquire(name)
	if err != nil {
		return nil, err
	}
	return h, nil
}

// acquire returns the stream of this name, held.
func (s *Store) acquire(name string) (*handle, error) {
	for {
		h, known, written := s.openLive(name)
		if known && h == nil {
			return nil, store.ErrNotFound
		}
		if known {
			return h, nil
		}
		h, err := s.load(name)
		if err != nil {
			return nil, err
		}
		if h := s.enter(h, written); h != nil {
			return h, nil
		}
	}
}

// load makes a stream from what the catalogue has of it.
func (s *Store) load(name string) (*handle, error) {
	b, found, err := s.cat.Get(nameKey(name))
	if err != nil {
		return nil, fmt.Errorf("look up stream: %w", inCatalogue(err, name))
	}
	if !found {
		return nil, store.ErrNotFound
	}
	r, err := decodeRecord(name, b)
	if err != nil {
		return nil, err
	}
	h := newHandle(s, r.meta)
	h.lsn, h.stored, h.storedDue = r.lsn, true, r.meta.Due()
	return h, nil
}

// enter brings a stream that was loaded into memory, held, or returns the one
// that came before it. Nil means that what was loaded may be out of date: the
// stream has been deleted, or a checkpoint has been written.
func (s *Store) enter(h *handle, written uint64) *handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := h.meta.Name
	if other := s.live[name]; other != nil {
		other.refs++
		return other
	}
	if s.hidden[name] != nil || s.written != written {
		return nil
	}
	s.live[name] = h
	h.refs++
	return h
}

// openLive returns the stream if it is in memory. known is also true for one
// that was deleted and that only the catalogue still has.
func (s *Store) openLive(name string) (h *handle, known bool, written uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h = s.live[name]; h != nil {
		h.refs++
		return h, true, s.written
	}
	return nil, s.hidden[name] != nil, s.written
}

// forgetLocked lets a stream out of memory when nobody has it open and the
// catalogue knows all of it.
func (s *Store) forgetLocked(h *handle) {
	if h.dirty || h.writing || h.refs > 0 {
		return
	}
	if s.live[h.meta.Name] == h {
		delete(s.live, h.meta.Name)
	}
	h.mu.Lock()
	s.held.Add(-h.buf.Held())
	h.buf = tailbuf.At(h.meta.Tail)
	h.mu.Unlock()
}
