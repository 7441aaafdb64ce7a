package catalogue

import (
	"bytes"
	"slices"
)

// source yields entries in strictly ascending key order.
type source interface {
	// next moves to the following entry, at first to the first one, and says
	// whether there is one.
	next() (bool, error)
	// entry is what next moved to. Its slices are valid until the following
	// next.
	entry() entry
}

// merger joins sources into one, in which the entry of the newest source hides
// those of the same key in the others. It holds one entry a source.
type merger struct {
	heads   []head // ascending by key, among equal keys newest first
	started bool
}

// head is a source that has an entry.
type head struct {
	source
	age int // 0 the newest
}

var _ source = (*merger)(nil)

// newMerger takes sources newest first.
func newMerger(sources []source) (*merger, error) {
	m := &merger{heads: make([]head, 0, len(sources))}
	// From the oldest to the newest, each is put before those that stand there
	// and moved back to its place.
	for age := len(sources) - 1; age >= 0; age-- {
		m.heads = slices.Insert(m.heads, 0, head{source: sources[age], age: age})
		if err := m.advance(0); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *merger) next() (bool, error) {
	if m.started {
		if err := m.skip(); err != nil {
			return false, err
		}
	}
	m.started = true
	return len(m.heads) > 0, nil
}

func (m *merger) entry() entry { return m.heads[0].entry() }

// skip moves every source past the current key, the one that lends it last.
func (m *merger) skip() error {
	for len(m.heads) > 1 && bytes.Equal(m.heads[1].entry().key, m.entry().key) {
		if err := m.advance(1); err != nil {
			return err
		}
	}
	if len(m.heads) == 0 {
		return nil
	}
	return m.advance(0)
}

// advance moves head i to its next entry and back to its place, or out.
func (m *merger) advance(i int) error {
	ok, err := m.heads[i].next()
	if err != nil {
		return err
	}
	if !ok {
		m.heads = slices.Delete(m.heads, i, i+1)
		return nil
	}
	for ; i+1 < len(m.heads) && m.heads[i+1].before(m.heads[i]); i++ {
		m.heads[i], m.heads[i+1] = m.heads[i+1], m.heads[i]
	}
	return nil
}

func (h head) before(o head) bool {
	order := bytes.Compare(h.entry().key, o.entry().key)
	return order < 0 || order == 0 && h.age < o.age
}
