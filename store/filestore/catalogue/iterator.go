package catalogue

import "bytes"

// Iterator walks the keys of a range in ascending order, as they were when Scan
// was called. One goroutine uses it, and closes it: until then the tables it
// reads keep their descriptors and their disk space.
//
//	it := c.Scan(from, to)
//	defer it.Close()
//	for it.Next() {
//		use(it.Key(), it.Value())
//	}
//	return it.Err()
type Iterator struct {
	snap    *snapshot // nil once closed
	from    []byte
	to      []byte // nil: no upper bound
	merged  *merger
	current entry
	done    bool
	err     error
}

// Scan returns an Iterator over the keys not below from and below to; a nil to
// is no upper bound. It keeps neither slice. Nothing is read before the first
// Next, and a failure shows in Iterator.Err.
func (c *Catalogue) Scan(from, to []byte) *Iterator {
	return scan(c.acquire(), from, to)
}

// scan takes over a reference to s, which is nil when the catalogue is closed.
func scan(s *snapshot, from, to []byte) *Iterator {
	it := &Iterator{from: bytes.Clone(from), to: bytes.Clone(to), snap: s}
	if s == nil {
		it.stop(ErrClosed)
	}
	return it
}

// Next moves to the following key. False is the end, of the range or of what
// could be read; Err tells which.
func (it *Iterator) Next() bool {
	if it.done {
		return false
	}
	if it.merged == nil {
		if err := it.start(); err != nil {
			return it.stop(err)
		}
	}
	for {
		ok, err := it.merged.next()
		if err != nil {
			return it.stop(err)
		}
		if !ok {
			return it.stop(nil)
		}
		e := it.merged.entry()
		if it.to != nil && bytes.Compare(e.key, it.to) >= 0 {
			return it.stop(nil)
		}
		if !e.deleted {
			it.current = e
			return true
		}
	}
}

// start puts a cursor on every table.
func (it *Iterator) start() error {
	sources := make([]source, 0, len(it.snap.tables))
	for _, t := range it.snap.tables {
		c := new(cursor)
		c.reset(t)
		if err := c.seek(it.from); err != nil {
			return err
		}
		sources = append(sources, c)
	}
	var err error
	it.merged, err = newMerger(sources)
	return err
}

// stop ends the walk, with an error unless err is nil.
func (it *Iterator) stop(err error) bool {
	it.done, it.err, it.current = true, err, entry{}
	return false
}

// Key is the key that Next moved to, valid until the following Next or Close.
func (it *Iterator) Key() []byte { return it.current.key }

// Value is the value of Key, valid until the following Next or Close.
func (it *Iterator) Value() []byte { return it.current.value }

// Err returns what ended the walk before its end: ErrClosed, a
// *CorruptionError, or a failure to read. It stays after Close.
func (it *Iterator) Err() error { return it.err }

// Close gives back what the Iterator holds. Closing twice is harmless.
func (it *Iterator) Close() {
	if it.snap == nil {
		return
	}
	it.snap.release()
	it.snap, it.merged, it.current, it.done = nil, nil, entry{}, true
}
