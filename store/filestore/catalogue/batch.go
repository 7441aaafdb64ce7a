package catalogue

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// Batch gathers changes for one Commit; the last change of a key wins. The zero
// value is empty and ready. It copies what it is given, so its memory grows
// with every change. One goroutine uses it; a Commit reorders but does not
// empty it, so that one which failed can be tried again.
type Batch struct {
	changes []change
	count   int // changes ever made
}

// change is an entry with the moment it was made.
type change struct {
	entry
	order int
}

// Put sets the value of key. Neither may be longer than the format allows,
// which Commit checks; both may be empty.
func (b *Batch) Put(key, value []byte) {
	buf := make([]byte, 0, len(key)+len(value))
	buf = append(append(buf, key...), value...)
	b.add(entry{key: buf[:len(key):len(key)], value: buf[len(key):]})
}

// Delete removes key; a key that is not there is no error.
func (b *Batch) Delete(key []byte) { b.add(entry{key: bytes.Clone(key), deleted: true}) }

// Len is the number of changes, in which a key may still count several times.
func (b *Batch) Len() int { return len(b.changes) }

func (b *Batch) add(e entry) {
	b.changes = append(b.changes, change{entry: e, order: b.count})
	b.count++
}

// compact sorts the changes by key and drops all but the last of each.
func (b *Batch) compact() {
	slices.SortFunc(b.changes, func(x, y change) int {
		return cmp.Or(bytes.Compare(x.key, y.key), cmp.Compare(y.order, x.order))
	})
	b.changes = slices.CompactFunc(b.changes, func(x, y change) bool { return bytes.Equal(x.key, y.key) })
}

// check refuses what the format cannot hold.
func (b *Batch) check() error {
	for _, ch := range b.changes {
		if len(ch.key) > MaxKeyBytes {
			return fmt.Errorf("key of %d bytes, allowed are %d: %w", len(ch.key), MaxKeyBytes, ErrTooLarge)
		}
		if len(ch.value) > MaxValueBytes {
			return fmt.Errorf("value of %d bytes, allowed are %d: %w", len(ch.value), MaxValueBytes, ErrTooLarge)
		}
	}
	return nil
}

// size is about how many bytes a table of the changes alone would take.
func (b *Batch) size() int64 {
	var n int64
	for _, ch := range b.changes {
		n += int64(len(ch.key) + len(ch.value))
	}
	return n
}

// batchSource walks the changes of a compacted Batch.
type batchSource struct {
	changes []change
	at      int // one past the current change
}

var _ source = (*batchSource)(nil)

func (s *batchSource) next() (bool, error) {
	if s.at == len(s.changes) {
		return false, nil
	}
	s.at++
	return true, nil
}

func (s *batchSource) entry() entry { return s.changes[s.at-1].entry }
