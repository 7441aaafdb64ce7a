package acidstore

import (
	"encoding/binary"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/codec"
)

// The journal is a bucket. A transaction that changes streams adds a few values to
// it, under the next numbers of the bucket's sequence, instead of touching a leaf
// of the tree for every stream. Once in a while a transaction folds: it writes
// what the journal has into the tables, and empties it. So every change is in
// one transaction whole, and its bytes reach their place many at a time.
//
// A value is a row of entries, each a uvarint length and
//
//	id      uvarint  the stream
//	tail    varint   of the stream before the change
//	change           as package codec writes it
type journalEntry struct {
	id     uint64
	tail   int64
	change store.Change // its bytes are part of the value
}

// journalValue is from how many bytes on a value takes no further change. bbolt
// keeps four values in a leaf however large they are, and leaves of one page are
// the cheapest.
const journalValue = 1000

// appendEntry adds one change to a journal value.
func appendEntry(dst []byte, id uint64, tail int64, c *store.Change) []byte {
	// The length comes first and is known last: most changes need two bytes.
	const guess = 2
	at := len(dst)
	dst = append(dst, 0, 0)
	dst = binary.AppendUvarint(dst, id)
	dst = binary.AppendVarint(dst, tail)
	dst = codec.AppendChange(dst, c)
	n := len(dst) - at - guess
	var length [binary.MaxVarintLen64]byte
	used := binary.PutUvarint(length[:], uint64(n))
	if used != guess {
		dst = append(dst, length[:max(used-guess, 0)]...)
		copy(dst[at+used:at+used+n], dst[at+guess:])
		dst = dst[:at+used+n]
	}
	copy(dst[at:], length[:used])
	return dst
}

// decodeEntry reads the entry at the beginning of b and returns what follows.
func decodeEntry(b []byte) (e journalEntry, rest []byte, err error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return e, nil, errMalformed
	}
	b, rest = b[used:used+int(n)], b[used+int(n):]
	id, used := binary.Uvarint(b)
	if used <= 0 {
		return e, nil, errMalformed
	}
	b = b[used:]
	tail, used := binary.Varint(b)
	if used <= 0 {
		return e, nil, errMalformed
	}
	e = journalEntry{id: id, tail: tail}
	e.change, err = codec.Change(b[used:])
	return e, rest, err
}

// writeJournal adds the changes of the steps that go there.
func (sh *shard) writeJournal(t *tables) error {
	w := &sh.writer
	w.value, w.noted = w.value[:0], 0
	journal := t.tx.Bucket(journalBucket)
	journal.FillPercent = 1
	begin := 0
	put := func() error {
		if len(w.value) == begin {
			return nil
		}
		n, err := journal.NextSequence()
		if err != nil {
			return err
		}
		key, value := idKey(n), w.value[begin:len(w.value):len(w.value)]
		w.noted += int64(len(value))
		begin = len(w.value)
		return t.put(journalBucket, key, seal(journalBucket, key, value))
	}
	for _, s := range w.steps {
		if s.err != nil || s.place != inJournal {
			continue
		}
		for _, o := range s.ops {
			if len(w.value) == begin {
				w.value = append(w.value, make([]byte, sealBytes)...)
			}
			w.value = appendEntry(w.value, s.next.ID, o.tail, o.change)
			if len(w.value)-begin < journalValue {
				continue
			}
			if err := put(); err != nil {
				return err
			}
		}
	}
	return put()
}

// emptyJournal removes what has been folded in. The bucket's sequence goes on.
func emptyJournal(t *tables) error {
	if err := t.base.Bucket(journalBucket).VouchAll(); err != nil {
		return err
	}
	n := t.tx.Bucket(journalBucket).Sequence()
	if err := t.tx.DeleteBucket(journalBucket); err != nil {
		return err
	}
	journal, err := t.tx.CreateBucket(journalBucket)
	if err != nil {
		return err
	}
	return journal.SetSequence(n)
}
