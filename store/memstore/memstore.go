// Package memstore is the tier that keeps everything in RAM: a change has
// settled when Commit returns, and nothing survives the process. Start with New.
package memstore

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/duequeue"
	"github.com/weirstreams/weir/store/internal/tailbuf"
)

// Options bound a Store. The zero value, and nil, set no bound.
type Options struct {
	// MaxBytes is the memory, in bytes, that all streams' contents may take
	// together; a change that would pass it gets store.ErrNoSpace. 0: no limit.
	MaxBytes int64
}

// Store is the memory tier.
type Store struct {
	max     int64
	held    atomic.Int64 // memory of all buffers
	commits atomic.Int64
	noSpace atomic.Int64 // changes refused
	nextID  atomic.Uint64
	closed  atomic.Bool
	configs store.Configs

	mu     sync.RWMutex // guards what follows; taken before a handle's lock
	byName map[string]*handle
	due    duequeue.Queue
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New(o *Options) *Store {
	s := &Store{byName: make(map[string]*handle)}
	if o != nil {
		s.max = o.MaxBytes
	}
	// Identities differ between runs, so that an ETag of an earlier run never
	// matches a stream of this one.
	s.nextID.Store(uint64(time.Now().UnixNano()))
	return s
}

// Create implements store.Store.
func (s *Store) Create(name string, cfg store.Config, first *store.Change, _ store.Completion) (store.Handle, bool, error) {
	if s.closed.Load() {
		return nil, false, store.ErrClosed
	}
	h := &handle{store: s, id: s.nextID.Add(1), name: name, config: s.configs.Share(cfg)}
	if cfg.Fork != nil {
		h.buf = tailbuf.At(cfg.Fork.At)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.byName[name]; taken {
		return nil, false, store.ErrExists
	}
	if err := h.apply(first); err != nil {
		return nil, false, err
	}
	s.byName[name] = h
	if h.rest != nil {
		s.due.Set(h.rest, h.rest.meta.Due())
	}
	s.addRefLocked(cfg.Fork, 1)
	return h, true, nil
}

// addRefLocked counts a fork on its source, or takes it off.
func (s *Store) addRefLocked(f *store.Fork, by int) {
	if f == nil {
		return
	}
	src := s.byName[f.Source]
	if src == nil || src.id != f.ID {
		return
	}
	src.mu.Lock()
	r := src.restLocked()
	r.meta.Refs += by
	due := r.meta.Due()
	src.mu.Unlock()
	s.due.Set(r, due)
}

// Open implements store.Store.
func (s *Store) Open(name string) (store.Handle, error) {
	if s.closed.Load() {
		return nil, store.ErrClosed
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if h := s.byName[name]; h != nil {
		return h, nil
	}
	return nil, store.ErrNotFound
}

// List implements store.Store. It looks at every name while nothing can be created,
// so it keeps and sorts few of them.
func (s *Store) List(prefix, after string, limit int) ([]string, error) {
	if limit <= 0 {
		return nil, nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	last := "" // the last of limit names that are there already, or "" when there are fewer
	for name := range s.byName {
		if name <= after || last != "" && name >= last || !strings.HasPrefix(name, prefix) {
			continue
		}
		if names = append(names, name); len(names)/2 > limit {
			names = lowest(names, limit)
			last = names[limit-1]
		}
	}
	return lowest(names, limit), nil
}

// lowest sorts names and returns the first of them.
func lowest(names []string, limit int) []string {
	slices.Sort(names)
	return names[:min(limit, len(names))]
}

// Due implements store.Store.
func (s *Store) Due(before int64, limit int) ([]string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	s.due.Due(before, func(it duequeue.Item) bool {
		if len(names) < limit {
			names = append(names, it.(*rest).handle.name)
		}
		return len(names) < limit
	})
	return names, nil
}

// Scrub implements store.Store: memory has no checksums to verify.
func (s *Store) Scrub(ctx context.Context, _ store.ScrubOptions) error { return ctx.Err() }

// Backup implements store.Store: there are no files.
func (s *Store) Backup(context.Context, func(store.BackupFile) error) error { return store.ErrNoFiles }

// Health implements store.Store.
func (s *Store) Health() error {
	if s.closed.Load() {
		return store.ErrClosed
	}
	return nil
}

// Stats implements store.Store.
func (s *Store) Stats() store.Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return store.Stats{
		Streams:     int64(len(s.byName)),
		MemoryBytes: s.held.Load(),
		MemoryLimit: s.max,
		Commits:     s.commits.Load(),
		NoSpace:     s.noSpace.Load(),
	}
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}
