package filestore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/duequeue"
	"github.com/weirstreams/weir/store/internal/tailbuf"
)

// Open implements store.Store.
func (s *Store) Open(name string) (store.Handle, error) {
	h, err := s.open1(name)
	if err != nil {
		return nil, err
	}
	return h, nil
}

// open1 returns the stream of this name, held.
func (s *Store) open1(name string) (*handle, error) {
	if h, known := s.openLive(name); known {
		if h == nil {
			return nil, store.ErrNotFound
		}
		return h, nil
	}
	b, found, err := s.cat.Get(nameKey(name))
	if err != nil {
		return nil, fmt.Errorf("look up stream: %w", err)
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.live[name]; other != nil {
		h = other
	} else {
		s.live[name] = h
	}
	h.refs++
	return h, nil
}

// openLive returns the stream if it is in memory. known is also true for one
// that was deleted and that only the catalogue still has.
func (s *Store) openLive(name string) (h *handle, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h = s.live[name]; h != nil {
		h.refs++
		return h, true
	}
	_, hidden := s.hidden[name]
	return nil, hidden
}

// exists reports whether a stream of this name is stored.
func (s *Store) exists(name string) (bool, error) {
	h, err := s.open1(name)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.Release()
	return true, nil
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

// Create implements store.Store.
func (s *Store) Create(name string, cfg store.Config, first *store.Change, done store.Completion) (store.Handle, bool, error) {
	if taken, err := s.exists(name); err != nil {
		return nil, false, err
	} else if taken {
		return nil, false, store.ErrExists
	}
	h := newHandle(s, store.NewMeta(s.nextID.Add(1), name, cfg))
	h.refs = 1
	if err := h.stage(entry{kind: kindCreate, h: h, change: first, done: done}); err != nil {
		return nil, false, err
	}
	return h, false, nil
}

// List implements store.Store.
func (s *Store) List(prefix, after string, limit int) ([]string, error) {
	names, err := s.listStored(prefix, after, limit)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	for n, h := range s.live {
		if (h.dirty || h.writing) && n > after && strings.HasPrefix(n, prefix) {
			names = append(names, n)
		}
	}
	s.mu.Unlock()
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(limit, len(names))], nil
}

// listStored returns names from the catalogue, without those deleted since.
func (s *Store) listStored(prefix, from string, limit int) ([]string, error) {
	var names []string
	it := s.cat.Scan(nameKey(max(prefix, from+"\x00")), after(nameKey(prefix)))
	defer it.Close()
	for len(names) < limit && it.Next() {
		name := string(it.Key()[1:])
		s.mu.Lock()
		_, hidden := s.hidden[name]
		s.mu.Unlock()
		if !hidden {
			names = append(names, name)
		}
	}
	if err := it.Err(); err != nil {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	return names, nil
}

// Due implements store.Store.
func (s *Store) Due(before int64, limit int) ([]string, error) {
	var names []string
	s.mu.Lock()
	s.due.Due(before, func(it duequeue.Item) bool {
		if len(names) < limit {
			names = append(names, it.(*handle).meta.Name)
		}
		return len(names) < limit
	})
	s.mu.Unlock()

	it := s.cat.Scan([]byte{dueSpace}, dueKey(before, ^uint64(0)))
	defer it.Close()
	for len(names) < limit && it.Next() {
		// The catalogue's word counts for what has not changed since.
		if name := string(it.Value()); !s.changed(name) {
			names = append(names, name)
		}
	}
	if err := it.Err(); err != nil {
		return nil, fmt.Errorf("look for due streams: %w", err)
	}
	return names, nil
}

// changed reports whether a stream has changes that no checkpoint has written.
func (s *Store) changed(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, hidden := s.hidden[name]; hidden {
		return true
	}
	h := s.live[name]
	return h != nil && (h.dirty || h.writing)
}
