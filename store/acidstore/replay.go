package acidstore

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// replay brings the streams of which the journal has changes into memory, as they
// were when the last transaction was committed.
//
// A stream that cannot be read is quarantined: whoever asks for it gets an error,
// and its changes are set aside, to be kept in the journal by every fold.
func (sh *shard) replay() error {
	p := player{sh: sh, streams: make(map[uint64]*handle)}
	err := sh.view(func(r *boltfile.Reader) error {
		p.r = r
		return each(r, journalBucket, nil, p.value)
	})
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return sh.refuse(fmt.Errorf("replay journal: %w", err))
	}
	sh.noted.Store(sh.writer.journal)
	return nil
}

// player replays one journal.
type player struct {
	sh      *shard
	r       *boltfile.Reader
	streams map[uint64]*handle // nil for those that are deleted or quarantined
	number  uint64             // of the last value
}

// value replays one value. The numbers of all values follow one another.
func (p *player) value(key, payload []byte) (bool, error) {
	if len(key) != idBytes || p.number != 0 && keyID(key) != p.number+1 {
		return false, fmt.Errorf("%w: value %x follows number %d", errMalformed, key, p.number)
	}
	p.number = keyID(key)
	p.sh.writer.journal += int64(sealBytes + len(payload))
	for len(payload) > 0 {
		e, rest, err := decodeEntry(payload)
		if err == nil {
			err = p.entry(&e, payload[:len(payload)-len(rest)])
		}
		if err != nil {
			return false, err
		}
		payload = rest
	}
	return true, nil
}

// end compares the number of the last value with the one that was given last.
func (p *player) end() error {
	if last := p.r.Bucket(journalBucket).Sequence; p.number != 0 && p.number != last {
		return fmt.Errorf("%w: it ends with number %d, want %d", errMalformed, p.number, last)
	}
	return nil
}

// entry replays one change, the encoding of which is also given.
func (p *player) entry(e *journalEntry, encoded []byte) error {
	h, known := p.streams[e.id]
	if !known {
		h = p.load(e.id)
		p.streams[e.id] = h
	}
	if h == nil {
		if p.sh.writer.aside.has(e.id) {
			p.sh.writer.aside.add(e.id, encoded)
		}
		return nil
	}
	if e.tail != h.meta.Tail {
		return fmt.Errorf("%w: a change of stream %q at %d, which ends at %d", errMalformed, h.meta.Name, e.tail, h.meta.Tail)
	}
	h.replayed(&e.change)
	sh := p.sh
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.live[h.meta.Name] = h
	sh.soilLocked(h)
	sh.compareDueLocked(h)
	return nil
}

// load returns the stream, or nil when it is gone or has to be quarantined.
func (p *player) load(id uint64) *handle {
	m, err := readMeta(p.r, id)
	if err == nil {
		return loaded(p.sh, m)
	}
	if !errors.Is(err, errStateMissing) {
		p.sh.writer.aside.begin(id)
		p.sh.store.log.Error().Err(p.sh.damage(m.Name, err)).Uint64("id", id).
			Msg("a stream that has changes in the journal cannot be read; the changes are kept: run \"weir check\", and restore from a backup")
	}
	return nil
}

// replayed takes in a change that the tables lack.
func (h *handle) replayed(c *store.Change) {
	held := h.buf.Held()
	h.buf.Append(c.Bytes)
	h.shard.held.Add(h.buf.Held() - held)
	h.meta.Apply(c)
	if p := c.Producer; p != nil {
		if h.moved == nil {
			h.moved = make(map[string]store.ProducerState)
		}
		h.moved[p.ID] = store.ProducerState{Epoch: p.Epoch, Seq: p.Seq}
	}
}

// aside is what the journal has of streams that are quarantined: for each of them
// its entries, as they are encoded.
type aside map[uint64][]byte

func (a *aside) begin(id uint64) {
	if *a == nil {
		*a = make(aside)
	}
	(*a)[id] = []byte{}
}

func (a aside) has(id uint64) bool { return a[id] != nil }

func (a aside) add(id uint64, encoded []byte) { a[id] = append(a[id], encoded...) }

// write puts what was set aside into a journal that was emptied.
func (a aside) write(t *tables) error {
	journal := t.tx.Bucket(journalBucket)
	for _, entries := range a {
		n, err := journal.NextSequence()
		if err != nil {
			return err
		}
		key := idKey(n)
		if err := t.put(journalBucket, key, sealed(journalBucket, key, entries)); err != nil {
			return err
		}
	}
	return nil
}
