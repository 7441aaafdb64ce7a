package snapshot

import (
	"context"
	"sync"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// covers are the snapshots that tables without a key were copied from. Whatever such
// a snapshot sees is copied, so the stream leaves it out.
type covers struct {
	limit int // of debts, over all tables

	mu     sync.Mutex // guards what follows
	tables map[uint32]*cover
	debts  int // distinct ones
}

// cover is that of one table.
type cover struct {
	seen  seen
	until lsn.LSN // all that it sees was committed before
	// owed counts, while the table is copied, rows that have ended in a stream before
	// they were copied into it, by stream and hash. Equal rows cannot be told apart,
	// so the copy leaves out any as many. It is nil when all is copied.
	owed map[debt]int
	// lost says that there was no room for a debt: the copy is worth nothing.
	lost bool
}

type debt struct{ stream, hash string }

// cover begins a copy from a snapshot. It replaces the one before.
func (c *covers) cover(table uint32, s *seen, until lsn.LSN) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tables == nil {
		c.tables = make(map[uint32]*cover)
	}
	c.settleLocked(table)
	c.tables[table] = &cover{seen: *s, until: until, owed: make(map[debt]int)}
}

// copied says that the rows of a snapshot have been copied, and tells whether they are
// as they should be.
func (c *covers) copied(table uint32) (right bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settleLocked(table)
	return !c.tables[table].lost
}

func (c *covers) settleLocked(table uint32) {
	if before := c.tables[table]; before != nil {
		c.debts -= len(before.owed)
		before.owed = nil
	}
}

// pay tells whether a row that would be copied next has ended in its stream.
func (c *covers) pay(table uint32, stream string, hash []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	owed := c.tables[table].owed
	d := debt{stream, string(hash)}
	if owed[d] == 0 {
		return false
	}
	if owed[d]--; owed[d] == 0 {
		delete(owed, d)
		c.debts--
	}
	return true
}

// Covered implements assemble.Copies.
func (c *Copier) Covered(t *event.Table, xid uint32, commit lsn.LSN) bool {
	v := &c.covers
	v.mu.Lock()
	defer v.mu.Unlock()
	one := v.tables[t.Relation.ID]
	return one != nil && commit < one.until && one.seen.sees(xid)
}

// Owed implements assemble.Copies.
func (c *Copier) Owed(t *event.Table, stream string, hash []byte) {
	v := &c.covers
	v.mu.Lock()
	defer v.mu.Unlock()
	one := v.tables[t.Relation.ID]
	if one == nil || one.owed == nil {
		return
	}
	d := debt{stream, string(hash)}
	if one.owed[d] == 0 {
		if v.debts >= v.limit {
			one.lost = true
			return
		}
		v.debts++
	}
	one.owed[d]++
}

// Recall makes the copier know what copies of tables without a key have covered that
// were made by others before it: the stream may tell of it once more. It is called
// before the stream begins.
func (c *Copier) Recall(ctx context.Context, tables []Table) error {
	for _, t := range tables {
		switch c.o.Event.Keyless(t.Schema, t.Name) {
		case route.NoKeyAppend, route.NoKeyHash:
		default:
			continue
		}
		rec, err := load(ctx, c.o.Sink, t)
		if err != nil {
			return err
		}
		if rec.Seen == "" {
			continue
		}
		s, err := parseSeen(rec.Seen)
		if err != nil {
			return err
		}
		c.covers.cover(t.OID, &s, rec.Until)
		c.covers.copied(t.OID)
	}
	return nil
}
