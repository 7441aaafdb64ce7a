package filestore

import "github.com/weirstreams/weir/store"

// applyLocked moves the settled state over one log record. Life and recovery
// share it.
func (s *Store) applyLocked(h *handle, k kind, c *store.Change, lsn uint64) {
	switch k {
	case kindCreate:
		s.live[h.meta.Name] = h
		s.count.Add(1)
		s.referLocked(&h.meta.Config, 1, lsn)
	case kindDelete:
		h.deleted = true
		if s.live[h.meta.Name] == h {
			delete(s.live, h.meta.Name)
		}
		s.hidden[h.meta.Name] = h
		s.count.Add(-1)
		s.referLocked(&h.meta.Config, -1, lsn)
	}
	h.mu.Lock()
	if c != nil {
		h.meta.Apply(c)
	}
	h.lsn = lsn
	h.mu.Unlock()
	s.markLocked(h)
}

// referLocked counts a fork on its source, or takes it off. The source of a
// stream that changes is in memory: who forks or deletes holds it open.
func (s *Store) referLocked(c *store.Config, by int, lsn uint64) {
	if c.Fork == nil {
		return
	}
	src := s.live[c.Fork.Source]
	if src == nil || src.meta.ID != c.Fork.ID {
		return
	}
	src.mu.Lock()
	counted := src.lsn >= lsn // by the catalogue, ahead of the log
	if !counted {
		src.meta.Refs += by
		src.lsn = lsn
	}
	src.mu.Unlock()
	if !counted {
		s.markLocked(src)
	}
}

// markLocked notes that the next checkpoint has to write the stream.
func (s *Store) markLocked(h *handle) {
	if !h.dirty {
		h.dirty = true
		s.dirty = append(s.dirty, h)
	}
	due := store.Never
	if !h.deleted {
		due = h.meta.Due()
	}
	s.due.Set(h, due)
}
