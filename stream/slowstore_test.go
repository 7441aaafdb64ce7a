package stream_test

import (
	"bytes"
	"sync"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
)

// slowStore is a tier whose changes settle when the test says so, well or not.
// Below it is the memory tier, which holds only what has settled. New streams
// settle at once.
type slowStore struct {
	store.Store

	mu      sync.Mutex // guards what follows, and the handles' broken
	handles map[store.Handle]*slowHandle
	staged  []stagedChange
}

// stagedChange is one change, or with a nil change a deletion, that waits.
type stagedChange struct {
	h      *slowHandle
	change *store.Change
	bytes  []byte
	done   store.Completion
}

type slowHandle struct {
	store.Handle
	s      *slowStore
	broken bool // a change has failed, and Reset has not been called since
}

func newSlowStore() *slowStore {
	return &slowStore{Store: memstore.New(nil), handles: make(map[store.Handle]*slowHandle)}
}

func (s *slowStore) wrap(h store.Handle) *slowHandle {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handles[h] == nil {
		s.handles[h] = &slowHandle{Handle: h, s: s}
	}
	return s.handles[h]
}

func (s *slowStore) Create(name string, cfg store.Config, first *store.Change, done store.Completion) (store.Handle, bool, error) {
	h, settled, err := s.Store.Create(name, cfg, first, done)
	if err != nil {
		return nil, false, err
	}
	return s.wrap(h), settled, nil
}

func (s *slowStore) Open(name string) (store.Handle, error) {
	h, err := s.Store.Open(name)
	if err != nil {
		return nil, err
	}
	return s.wrap(h), nil
}

func (h *slowHandle) Commit(c *store.Change, done store.Completion) (bool, error) {
	return h.s.stage(stagedChange{h: h, change: c, bytes: bytes.Clone(c.Bytes), done: done})
}

func (h *slowHandle) Delete(done store.Completion) (bool, error) {
	return h.s.stage(stagedChange{h: h, done: done})
}

func (h *slowHandle) Reset() {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.broken = false
}

// stage refuses to build on what has failed, as the contract allows.
func (s *slowStore) stage(c stagedChange) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.h.broken {
		return false, store.ErrAborted
	}
	s.staged = append(s.staged, c)
	return false, nil
}

// waiting is the number of changes that have not settled.
func (s *slowStore) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.staged)
}

// settle lets the oldest change settle with an outcome. Behind one that failed
// all of the same stream fail, whatever the outcome asked for.
func (s *slowStore) settle(outcome error) {
	s.mu.Lock()
	c := s.staged[0]
	s.staged = s.staged[1:]
	if c.h.broken {
		outcome = store.ErrAborted
	}
	c.h.broken = outcome != nil
	s.mu.Unlock()
	if outcome == nil {
		outcome = c.apply()
	}
	c.done.Settled(outcome)
}

// settleAll lets everything settle well.
func (s *slowStore) settleAll() {
	for s.waiting() > 0 {
		s.settle(nil)
	}
}

func (c *stagedChange) apply() error {
	if c.change == nil {
		_, err := c.h.Handle.Delete(nil)
		return err
	}
	c.change.Bytes = c.bytes
	_, err := c.h.Handle.Commit(c.change, nil)
	return err
}
