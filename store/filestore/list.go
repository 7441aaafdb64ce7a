package filestore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirstreams/weir/store/internal/duequeue"
)

// stable reads names from memory and the catalogue, which are out of step while a
// checkpoint is noted: then it reads again.
func (s *Store) stable(read func() ([]string, error)) ([]string, error) {
	for {
		written := s.checkpointsWritten()
		names, err := read()
		if err != nil || s.checkpointsWritten() == written {
			return names, err
		}
	}
}

func (s *Store) checkpointsWritten() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written
}

// List implements store.Store.
func (s *Store) List(prefix, after string, limit int) ([]string, error) {
	return s.stable(func() ([]string, error) { return s.list(prefix, after, limit) })
}

func (s *Store) list(prefix, after string, limit int) ([]string, error) {
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
		return nil, fmt.Errorf("list streams: %w", inCatalogue(err, ""))
	}
	return names, nil
}

// Due implements store.Store.
func (s *Store) Due(before int64, limit int) ([]string, error) {
	return s.stable(func() ([]string, error) { return s.dueNames(before, limit) })
}

func (s *Store) dueNames(before int64, limit int) ([]string, error) {
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
		return nil, fmt.Errorf("look for due streams: %w", inCatalogue(err, ""))
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
