package acidstore

import (
	"errors"
	"maps"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// opKind says what an op does.
type opKind byte

const (
	opCreate opKind = iota
	opChange
	opDelete
	// opRefer writes the stream's count of references, which has moved already.
	opRefer
)

// op is one staged thing to do to a stream, and who waits for it.
type op struct {
	kind   opKind
	h      *handle
	change *store.Change    // of opCreate and opChange; its bytes are the handle's
	tail   int64            // of the stream before the change
	done   store.Completion // nil for opRefer
	err    error            // the outcome
}

// weight is how many bytes the op brings.
func (o *op) weight() int {
	if o.change == nil {
		return 0
	}
	return len(o.change.Bytes)
}

// place is where a transaction puts a step.
type place byte

const (
	// nowhere: the stream is gone, or was created and deleted in one step.
	nowhere place = iota
	// inJournal: the changes are noted, to be folded in later.
	inJournal
	// inTables: all that the file lacks of the stream is written.
	inTables
	// outOfTables: the stream is removed.
	outOfTables
)

// step is all that one transaction does to one stream.
type step struct {
	h *handle
	// next is the state after the step, with only those producers that the step
	// has moved.
	next   store.Meta
	ops    []*op // those with changes
	bytes  int   // that the changes bring
	create bool
	remove bool
	place  place
	stored stored // what the tables have after the step
	err    error  // why the step is left out, or has failed
}

// stored is what the index buckets rest on, as the tables have it.
type stored struct {
	deleted bool
	expires int64
	refs    int
}

func storedOf(m *store.Meta) stored {
	return stored{deleted: m.Deleted, expires: m.Expires, refs: m.Refs}
}

func (s stored) due() int64 {
	m := store.Meta{Deleted: s.deleted, Expires: s.expires, Refs: s.refs}
	return m.Due()
}

// begin makes the step one that does nothing yet to h.
func (s *step) begin(h *handle) {
	h.mu.Lock()
	next := h.meta
	h.mu.Unlock()
	next.Producers, next.Marks = nil, maps.Clone(next.Marks)
	*s = step{h: h, next: next, ops: s.ops[:0]}
}

// add takes an op into the step.
func (s *step) add(o *op) {
	s.create = s.create || o.kind == opCreate
	s.remove = s.remove || o.kind == opDelete
	if o.change == nil {
		return
	}
	o.tail = s.next.Tail
	s.next.Apply(o.change)
	s.ops = append(s.ops, o)
	s.bytes += len(o.change.Bytes)
}

// grows reports whether the step adds to what is stored.
func (s *step) grows() bool { return s.create || s.bytes > 0 }

// delta is by how many streams the step changes the count.
func (s *step) delta() int {
	switch {
	case s.err != nil || s.create == s.remove:
		return 0
	case s.create:
		return 1
	default:
		return -1
	}
}

// stepError is the failure of one step by itself: the others may go on.
type stepError struct {
	step *step
	err  error
}

func (e *stepError) Error() string { return e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// tables are the buckets of one transaction.
type tables struct {
	tx      *bolt.Tx
	base    *boltfile.Reader // of the transaction before
	streams *bolt.Bucket
	chunk   *filling // the one that is being put together
}

func tablesOf(tx *bolt.Tx, base *boltfile.Reader) tables {
	t := tables{tx: tx, base: base, streams: tx.Bucket(streamsBucket), chunk: &filling{}}
	t.streams.FillPercent = fillPercent
	return t
}

// put and delete first look at the pages that bbolt will read, change, and free:
// what it made of a damaged one would be damage that looks whole.
func (t *tables) put(bucket, key, value []byte) error {
	if err := t.base.Bucket(bucket).Vouch(key, false); err != nil {
		return err
	}
	return t.tx.Bucket(bucket).Put(key, value)
}

func (t *tables) delete(bucket, key []byte) error {
	if err := t.base.Bucket(bucket).Vouch(key, true); err != nil {
		return err
	}
	return t.tx.Bucket(bucket).Delete(key)
}

// write does the step's part of the tables. With fold the tables get all that
// they lack of the stream; without it that is left to the journal, except for a
// new stream.
func (s *step) write(t *tables, fold bool) error {
	s.stored = s.h.stored
	switch {
	case s.h.removed, s.create && s.remove:
		s.place = nowhere
		return nil
	case s.remove:
		s.place = outOfTables
		return s.writeRemoval(t)
	case s.create:
		s.place = inTables
		return errors.Join(s.writeCreation(t), s.writeAll(t))
	case fold:
		s.place = inTables
		return s.writeAll(t)
	default:
		s.place = inJournal
		s.stored.refs = s.next.Refs
		return s.writeIndex(t)
	}
}

// writeAll brings the tables up to the state after the step.
func (s *step) writeAll(t *tables) error {
	s.stored = storedOf(&s.next)
	if err := errors.Join(s.writeBytes(t), s.writeProducers(t), s.writeIndex(t)); err != nil {
		return err
	}
	key := stateKey(s.next.ID)
	return t.put(streamsBucket, key, encodeState(key, &s.next))
}

// writeProducers stores the producers that have moved since the last fold.
func (s *step) writeProducers(t *tables) error {
	put := func(id string, p store.ProducerState) error {
		key := producerKey(s.next.ID, id)
		return t.put(streamsBucket, key, encodeProducer(key, p))
	}
	for id, p := range s.h.moved {
		if err := put(id, p); err != nil {
			return err
		}
	}
	for id, p := range s.next.Producers {
		if err := put(id, p); err != nil {
			return err
		}
	}
	return nil
}

// writeCreation makes the stream one that can be found.
func (s *step) writeCreation(t *tables) error {
	m := &s.next
	name := []byte(m.Name)
	if err := t.put(namesBucket, name, encodeNumber(namesBucket, name, m.ID)); err != nil {
		return err
	}
	if f := m.Config.Fork; f != nil {
		key := forkKey(f.ID, m.ID)
		if err := t.put(forksBucket, key, sealed(forksBucket, key, []byte(f.Source))); err != nil {
			return err
		}
	}
	if t.streams.Sequence() < m.ID {
		return t.streams.SetSequence(m.ID)
	}
	return nil
}

// writeRemoval takes away all that leads to the stream, and its state. The rest
// goes with the trash, a part at a time.
func (s *step) writeRemoval(t *tables) error {
	m := &s.next
	if err := t.delete(namesBucket, []byte(m.Name)); err != nil {
		return err
	}
	if f := m.Config.Fork; f != nil {
		if err := t.delete(forksBucket, forkKey(f.ID, m.ID)); err != nil {
			return err
		}
	}
	s.stored = stored{}
	key := idKey(m.ID)
	return errors.Join(
		t.delete(streamsBucket, stateKey(m.ID)),
		s.writeIndex(t),
		t.put(trashBucket, key, sealed(trashBucket, key, nil)),
	)
}

// writeIndex moves the stream in the order of due times, and stores how many forks
// it has.
func (s *step) writeIndex(t *tables) error {
	id := s.next.ID
	before, after := s.h.stored.due(), s.stored.due()
	if before != after && before != store.Never {
		if err := t.delete(dueBucket, dueKey(before, id)); err != nil {
			return err
		}
	}
	if before != after && after != store.Never {
		key := dueKey(after, id)
		if err := t.put(dueBucket, key, sealed(dueBucket, key, []byte(s.next.Name))); err != nil {
			return err
		}
	}
	key := idKey(id)
	switch refs := s.stored.refs; {
	case refs == s.h.stored.refs:
		return nil
	case refs == 0:
		return t.delete(sourcesBucket, key)
	default:
		return t.put(sourcesBucket, key, encodeNumber(sourcesBucket, key, uint64(refs)))
	}
}

// writeBytes adds the bytes that the tables lack to the stream's last chunk and to
// new ones.
func (s *step) writeBytes(t *tables) error {
	slices, ends := s.h.unfolded(s.next.Tail)
	if len(ends) == 0 {
		return nil
	}
	f := t.chunk
	s.lastChunk(t, ends[0]-s.h.flushed)
	put := func() error {
		if len(f.bytes) == 0 {
			return nil
		}
		key := chunkKey(s.next.ID, f.pos)
		return t.put(streamsBucket, key, f.encode(key))
	}
	pos := s.h.flushed
	for _, end := range ends {
		// An append is whole in one slice.
		if len(slices[0]) == 0 {
			slices = slices[1:]
		}
		b := slices[0][:end-pos]
		slices[0] = slices[0][end-pos:]
		if !f.fits(len(b)) {
			if err := put(); err != nil {
				return err
			}
			f.begin(pos, false)
		}
		for len(b) > pieceBytes {
			f.add(b[:pieceBytes], false)
			if err := put(); err != nil {
				return err
			}
			pos, b = pos+pieceBytes, b[pieceBytes:]
			f.begin(pos, true)
		}
		f.add(b, true)
		pos = end
	}
	return put()
}

// lastChunk makes t.chunk the one to add n bytes to: the stream's last one if there
// is room, or a new one. Damage there is left for readers to find, and what comes
// behind it is whole.
func (s *step) lastChunk(t *tables, n int64) {
	t.chunk.begin(s.h.flushed, false)
	if s.create || s.h.flushed == s.next.Base() {
		return
	}
	at, last, err := seekChunk(t.base.Bucket(streamsBucket).Cursor(), s.next.ID, s.h.flushed-1)
	if err != nil || at+int64(len(last.bytes)) != s.h.flushed || int64(len(last.bytes))+n > chunkBytes {
		return
	}
	t.chunk.reopen(at, last)
}

// endLocked gives the handle back, with what the file has now.
func (s *step) endLocked(sh *shard) {
	h := s.h
	h.step = nil
	if s.err != nil {
		return
	}
	h.stored = s.stored
	switch s.place {
	case inJournal:
		if len(s.ops) == 0 {
			break
		}
		if h.moved == nil && len(s.next.Producers) > 0 {
			h.moved = make(map[string]store.ProducerState)
		}
		maps.Copy(h.moved, s.next.Producers)
		sh.soilLocked(h)
	case inTables:
		h.folded(s.next.Tail)
		sh.cleanLocked(h)
	case outOfTables, nowhere:
		h.removed = true
		sh.cleanLocked(h)
	}
	sh.compareDueLocked(h)
}
