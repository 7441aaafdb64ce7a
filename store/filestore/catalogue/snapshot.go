package catalogue

import "sync/atomic"

// snapshot is one committed state. Its fields do not change; whoever reads its
// tables holds a reference.
type snapshot struct {
	next   uint64 // number of the next table
	root   []byte
	tables []*table // newest first

	refs atomic.Int32
}

// newSnapshot returns a snapshot with one reference, which itself holds one to
// each table.
func newSnapshot(next uint64, root []byte, tables []*table) *snapshot {
	s := &snapshot{next: next, root: root, tables: tables}
	s.refs.Store(1)
	for _, t := range tables {
		t.refs.Add(1)
	}
	return s
}

func (s *snapshot) release() {
	if s.refs.Add(-1) > 0 {
		return
	}
	for _, t := range s.tables {
		t.release()
	}
}

func (s *snapshot) manifest() *manifest {
	m := &manifest{next: s.next, root: s.root}
	for _, t := range s.tables {
		m.tables = append(m.tables, t.ref)
	}
	return m
}

// acquire takes a reference to the current snapshot; nil once c is closed.
func (c *Catalogue) acquire() *snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != nil {
		c.current.refs.Add(1)
	}
	return c.current
}

// swap makes s current and returns the snapshot before with the reference that
// being current gave it. The caller holds committing.
func (c *Catalogue) swap(s *snapshot) *snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.current
	c.current = s
	return old
}
