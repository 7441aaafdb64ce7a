package snapshot

import (
	"hash/maphash"
	"maps"
	"sync"

	"github.com/weirstreams/weir/sync/ingest/event"
)

// touched keeps, of the tables that are being copied, which keys the handled
// transactions have touched, until a chunk's snapshot sees those transactions.
//
// Only the last transaction of a key counts: another one can touch the key only when
// the one before has ended for everybody.
type touched struct {
	limit int // of keys, over all tables

	mu     sync.Mutex // guards what follows
	tables map[uint32]*marks
	count  int
}

// marks are of one table. Transactions are their numbers.
type marks struct {
	keys map[digest]uint32
	// taken is the snapshot of the chunk that was read last. What it sees needs no
	// note: a stream that is far behind tells of nothing else.
	taken *seen
	// lost is the latest transaction of which keys were forgotten for want of room.
	lost      uint32
	forgetful bool
	// emptied is the last transaction that has truncated the table.
	emptied   uint32
	truncated bool
}

// digest stands for a key. Two keys with one digest would lose a row, so it is long.
type digest [2]uint64

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func digestOf(key []byte) digest {
	return digest{maphash.Bytes(seeds[0], key), maphash.Bytes(seeds[1], key)}
}

func (w *touched) begin(table uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tables == nil {
		w.tables = make(map[uint32]*marks)
	}
	w.tables[table] = &marks{keys: make(map[digest]uint32)}
}

// took says that a chunk was read in a snapshot, and will be judged by it.
func (w *touched) took(table uint32, s *seen) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tables[table].taken = s
}

func (w *touched) end(table uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.tables[table]; m != nil {
		w.count -= len(m.keys)
		delete(w.tables, table)
	}
}

// Table implements assemble.Watch.
func (c *Copier) Table(*event.Table) {}

// Touched implements assemble.Watch.
func (c *Copier) Touched(t *event.Table, xid uint32, key []byte) {
	w := &c.touched
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.tables[t.Relation.ID]
	if m == nil || m.taken != nil && m.taken.sees(xid) {
		return
	}
	d := digestOf(key)
	if _, known := m.keys[d]; !known {
		if w.count >= w.limit {
			w.forget(m)
		}
		w.count++
	}
	m.keys[d] = xid
}

// Truncated implements assemble.Watch.
func (c *Copier) Truncated(t *event.Table, xid uint32) {
	w := &c.touched
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.tables[t.Relation.ID]; m != nil {
		m.truncated, m.emptied = true, xid
	}
}

// forget makes room by one table's keys. If it has none it will soon have.
func (w *touched) forget(m *marks) {
	for _, xid := range m.keys {
		if !m.forgetful || before(m.lost, xid) {
			m.forgetful, m.lost = true, xid
		}
	}
	w.count -= len(m.keys)
	clear(m.keys)
}

// unseen tells whether a snapshot may not see all that was handled of a table. What it
// sees is forgotten.
func (w *touched) unseen(table uint32, s *seen) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.tables[table]
	n := len(m.keys)
	maps.DeleteFunc(m.keys, func(_ digest, xid uint32) bool { return s.sees(xid) })
	w.count -= n - len(m.keys)
	return len(m.keys) > 0 || m.forgetful && !before(m.lost, s.min) || m.truncated && !s.sees(m.emptied)
}

// verdict is what is to be done with a chunk.
type verdict int

const (
	take  verdict = iota // but for the rows that drop names
	again                // read it again in a later snapshot, and less
	anew                 // the table was emptied behind it: begin from the first block
)

// judge holds a chunk's snapshot against what was touched. drop tells whether a row
// is left out; it is valid during use only. What the snapshot sees is forgotten
// afterwards, because later chunks of the table see it too.
func (w *touched) judge(table uint32, s *seen, use func(drop func(d digest) bool) error) (verdict, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.tables[table]
	switch {
	case m.truncated && !s.sees(m.emptied):
		return anew, nil
	case m.forgetful && !before(m.lost, s.min):
		return again, nil
	}
	m.forgetful = false
	err := use(func(d digest) bool {
		xid, known := m.keys[d]
		return known && !s.sees(xid)
	})
	n := len(m.keys)
	for d, xid := range m.keys {
		if s.sees(xid) {
			delete(m.keys, d)
		}
	}
	w.count -= n - len(m.keys)
	return take, err
}
