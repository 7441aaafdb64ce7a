package filestore

import (
	"errors"

	"github.com/weirstreams/weir/store"
)

// Create implements store.Store.
func (s *Store) Create(name string, cfg store.Config, first *store.Change, done store.Completion) (store.Handle, bool, error) {
	if s.closed.Load() {
		return nil, false, store.ErrClosed
	}
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

// exists reports whether a stream of this name is stored.
func (s *Store) exists(name string) (bool, error) {
	h, err := s.acquire(name)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.Release()
	return true, nil
}
