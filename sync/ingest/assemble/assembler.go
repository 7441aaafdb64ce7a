// Package assemble makes appends out of what a replication session sends: it decodes
// messages, turns rows into events, puts each event into its stream's buffer, and
// hands whole transactions to the sink. Start with Assembler.
//
// # Exactly once
//
// Every event has a position in the order of all events (lsn.Position), and every
// append stores, with its bytes, the position of its last event. An event is dropped
// if its stream has come to its position before. Streams come forward one by one, so
// a transaction that a crash has cut in half between them is completed in those that
// miss it and doubled in none. Positions are compared whole: several changes may
// have one LSN, and the ordinal of a change within its transaction depends on when
// the session was begun.
//
// # Atomic
//
// A stream gets all that a transaction does to it in one append, together with other
// whole transactions. A transaction that is too large for memory is appended in
// parts that readers do not see, until its last part shows them all.
package assemble

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/failpoint"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// Options are what an Assembler works with. All but Watch, Copies, NoKey and Rows are
// needed.
type Options struct {
	Sink      sink.Sink
	Catalogue Catalogue
	Event     event.Config
	// Stage takes each batch over, in order; the batch is staged and Stage sees to
	// its Wait. end is the LSN behind the last transaction that is whole with it,
	// or 0 if it ends none. It may block to bound what is in flight.
	Stage func(b sink.Batch, end lsn.LSN) error
	// Settle returns when everything staged is durable.
	Settle func() error
	// Heartbeat is told the content of each heartbeat that comes back.
	Heartbeat func(content []byte)
	// Earlier finds what a stream has said before.
	Earlier Earlier
	// Watch is told what happens to tables, for those that are being copied.
	Watch Watch
	// Copies knows of the copies of tables without a key; nil: there are none.
	Copies Copies
	// BadRow is told of a row that cannot become an event. Its error ends the
	// session; nil leaves the row out, for the stream DeadLetters to tell of it.
	BadRow      func(row BadRow) error
	DeadLetters string
	// NoKey is told of a table that nothing tells the rows of apart. Its error ends
	// the session; nil leaves the table's changes out. Without it that is an error.
	NoKey func(r *pgoutput.Relation, why error) error

	// HeartbeatPrefix is the prefix of logical messages that are heartbeats.
	HeartbeatPrefix string
	// Selected tells whether a published table is ingested.
	Selected func(schema, table string) bool
	// Rows returns where the changes of a table are counted, for each shape of it
	// once; nil: nowhere.
	Rows func(t *event.Table) *RowCounts
	// Extended adds positions to the events' headers, OldValue the row before.
	Extended, OldValue bool
	// AtomicBytes is the size from which a transaction goes out in hidden parts.
	AtomicBytes int
	// MaxRowBytes is the size from which an event is a bad row.
	MaxRowBytes int
	// MaxNameBytes bounds the names of streams, MaxNameSegments the parts between
	// slashes of those that logical messages name; 0: no bound. Of other names the
	// template tells how many they have.
	MaxNameBytes, MaxNameSegments int
	Truncate                      TruncatePolicy
	Toast                         ToastPolicy
}

// Catalogue is what the database says of tables at this moment, which may be later
// than the change at hand.
type Catalogue interface {
	Facts(ctx context.Context, r *pgoutput.Relation) (event.Facts, error)
	// Reread returns the present row of a table with this key, all columns as
	// text, or nil if there is none, or if the table has another shape by now.
	Reread(ctx context.Context, t *event.Table, key pgoutput.Tuple) (pgoutput.Tuple, error)
}

// Watch is told of changes to tables, in order, before they are staged.
type Watch interface {
	// Table is called when a table's shape is met for the first time or anew.
	Table(t *event.Table)
	// Touched is called for each key that a change touches, and for a table without a
	// key with the transaction's number for all of them. It may not keep key.
	Touched(t *event.Table, xid uint32, key []byte)
	// Truncated is called for each table of a truncate.
	Truncated(t *event.Table, xid uint32)
}

// Copies are copies of tables without a key, made of one snapshot each: their rows
// cannot be told apart, so a change is either in the snapshot or in the stream. It is
// asked by the assembler's goroutine.
type Copies interface {
	// Covered tells whether a copy has what a transaction has done to a table.
	Covered(t *event.Table, xid uint32, commit lsn.LSN) bool
	// Owed is told of a row of a table with hashed keys that has ended and is not in
	// its stream. If it is still to be copied, one such row is left out. It may not
	// keep the texts.
	Owed(t *event.Table, stream string, hash []byte)
}

// Counts are totals since the start of the session.
type Counts struct {
	Inserts, Updates, Deletes, Truncates, Messages int64
	Transactions, Duplicates, Merged, Ignored      int64
	// LargeKeys counts the events whose keys are longer than 1 KiB.
	LargeKeys int64
}

// Assembler works on one replication session, from one goroutine. A new session
// needs a new one, begun when everything staged before has settled.
type Assembler struct {
	opts    Options
	decoder pgoutput.Decoder
	tables  map[*pgoutput.Relation]*known // those of which changes have come
	out     outbox
	tx      transaction
	end     lsn.LSN // behind the last whole transaction
	skip    lsn.LSN // transactions that commit before this are complete
	counts  Counts
	rows    rowCounts

	key, oldKey, headers []byte
	known                [][]byte
	found                []byte // an event that known refers to
	reread               bool   // the values of the present update are not all of its time
	hash, numbered       []byte
	equal                equalRows
}

// New returns an assembler for a session that begins at the given LSN: what was
// committed before it is durable in all its streams.
func New(o Options, from lsn.LSN) *Assembler {
	a := &Assembler{opts: o, tables: make(map[*pgoutput.Relation]*known), skip: from, end: from}
	a.out.init()
	return a
}

// Handle takes one message of the session, which is lent for the call. start is the
// LSN that it was sent with.
func (a *Assembler) Handle(ctx context.Context, start lsn.LSN, message []byte) error {
	m, err := a.decoder.Decode(message)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case *pgoutput.Relation:
		if k := a.tables[m]; k != nil {
			k.again = true
		}
	case *pgoutput.Begin:
		a.tx.begin(m, a.skip)
	case *pgoutput.Commit:
		return a.commit(m)
	case *pgoutput.Logical:
		return a.message(ctx, start, m)
	case *pgoutput.Insert, *pgoutput.Update, *pgoutput.Delete, *pgoutput.Truncate:
		if a.tx.done {
			return nil
		}
		a.tx.at(start)
		return a.change(ctx, m)
	}
	return nil
}

// Open tells whether a transaction has begun and not ended.
func (a *Assembler) Open() bool { return a.tx.open }

// Empty tells whether there is nothing to flush.
func (a *Assembler) Empty() bool { return len(a.out.filled) == 0 }

// Bytes is how much waits to be flushed.
func (a *Assembler) Bytes() int { return a.out.bytes }

// End is the LSN behind the last transaction that was handled whole.
func (a *Assembler) End() lsn.LSN { return a.end }

// Committed is when the transaction that was begun last was committed, by the
// database's clock. Zero before the first.
func (a *Assembler) Committed() time.Time { return a.tx.time }

// Pass says that up to this LSN there is nothing more to come, between transactions.
func (a *Assembler) Pass(to lsn.LSN) { a.end = max(a.end, to) }

// Counts returns the totals. It is called by the assembler's goroutine.
func (a *Assembler) Counts() Counts { return a.counts }

// known is a table of which changes have come.
type known struct {
	table *event.Table // nil: its changes are left out
	facts event.Facts
	// again is set when it was announced again: what the Relation says is the same, and
	// what the catalogue says may not be.
	again bool
}

// table returns how a relation's rows become events, nil if they are left out.
func (a *Assembler) table(ctx context.Context, r *pgoutput.Relation) (*event.Table, error) {
	k := a.tables[r]
	if k == nil || k.again {
		var err error
		if k, err = a.meet(ctx, r, k); err != nil {
			return nil, err
		}
	}
	return k.table, nil
}

// meet looks a table up at its first change since it was announced. before is what was
// known of it, or nil.
func (a *Assembler) meet(ctx context.Context, r *pgoutput.Relation, before *known) (*known, error) {
	k := &known{}
	if a.opts.Selected(r.Schema, r.Name) {
		var err error
		if k.facts, err = a.opts.Catalogue.Facts(ctx, r); err != nil {
			return nil, fmt.Errorf("look up table %s.%s: %w", r.Schema, r.Name, err)
		}
		if before != nil && reflect.DeepEqual(before.facts, k.facts) {
			before.again = false
			return before, nil
		}
		k.table, err = event.NewTable(r, k.facts, &a.opts.Event)
		if errors.Is(err, event.ErrNoKey) && a.opts.NoKey != nil {
			k.table, err = nil, a.opts.NoKey(r, err)
		}
		if err != nil {
			return nil, err
		}
		if k.table != nil && a.opts.Watch != nil {
			a.opts.Watch.Table(k.table)
		}
	}
	if len(a.tables) >= maxTables {
		clear(a.tables)
	}
	a.tables[r] = k
	return k, nil
}

// maxTables bounds the shapes that are kept; a database whose tables change all the
// time would fill memory otherwise.
const maxTables = 100_000

// transaction is the one that is being received.
type transaction struct {
	open bool
	done bool // nothing of it is missing anywhere
	xid  uint32
	time time.Time // of its commit
	// commit and change are the LSNs of its commit and of its present change, sub
	// counts the events with this change's LSN before it.
	commit, change lsn.LSN
	sub            uint32
	headers        []byte // of its events, beginning with a comma
	number         uint64 // of the transaction in this session
	touched        []*stream
	bytes          int // that it has in buffers
}

// begin starts a transaction. One whose commit record begins before skip was durable
// before the session began: Postgres sends it again only because its slot is behind.
func (x *transaction) begin(m *pgoutput.Begin, skip lsn.LSN) {
	x.open, x.done = true, m.CommitLSN < skip
	x.xid, x.time, x.commit, x.change, x.sub = m.XID, m.Time, m.CommitLSN, 0, 0
	x.number++
	x.bytes, x.touched = 0, x.touched[:0]
	x.headers = append(x.headers[:0], `,"txid":"`...)
	x.headers = strconv.AppendUint(x.headers, uint64(m.XID), 10)
	x.headers = append(x.headers, `","timestamp":"`...)
	x.headers = m.Time.UTC().AppendFormat(x.headers, timeFormat)
	x.headers = append(x.headers, '"')
}

// timeFormat is RFC 3339 with microseconds.
const timeFormat = "2006-01-02T15:04:05.000000Z"

// at moves to the change that was sent with this LSN. Each takes two places in the
// order, because an update may become a delete and an insert.
func (x *transaction) at(change lsn.LSN) {
	if change == x.change {
		x.sub += 2
		return
	}
	x.change, x.sub = change, 0
}

// position is that of the present change's first or second event.
func (x *transaction) position(second bool) lsn.Position {
	p := lsn.Position{Commit: x.commit, Change: x.change, Sub: x.sub}
	if second {
		p.Sub++
	}
	return p
}

// commit ends the transaction: what it has put into buffers is whole.
func (a *Assembler) commit(m *pgoutput.Commit) error {
	for _, s := range a.tx.touched {
		a.out.settle(s, m.CommitLSN, a.opts.Extended)
	}
	a.tx.open = false
	a.end = max(a.end, m.EndLSN)
	if !a.tx.done {
		a.counts.Transactions++
	}
	return nil
}

// Flush stages what is whole in the buffers, for Options.Stage to wait for.
func (a *Assembler) Flush() error {
	b, bytes := a.opts.Sink.NewBatch(), a.out.bytes
	failpoint.Hit(failpoint.Append)
	if err := a.out.flush(b); err != nil {
		return discard(b, err)
	}
	failpoint.Hit(failpoint.Staged)
	return a.stage(b, a.end, bytes)
}

// largeStage is from how many bytes on a batch is waited for before more is staged. As
// many as usually are under way at once would take too much memory: a row may have tens
// of megabytes.
const largeStage = 8 << 20

// stage hands over a batch with so many bytes.
func (a *Assembler) stage(b sink.Batch, end lsn.LSN, bytes int) error {
	if err := a.opts.Stage(b, end); err != nil || bytes < largeStage {
		return err
	}
	return a.opts.Settle()
}

// spill makes room within a transaction that is too large: everything before it goes
// out, then its own events as hidden parts, but for the last one of each stream.
func (a *Assembler) spill() error {
	b, bytes := a.opts.Sink.NewBatch(), a.out.bytes
	if err := a.out.flushWhole(b); err != nil {
		return discard(b, err)
	}
	if err := a.stage(b, a.end, bytes-a.out.bytes); err != nil {
		return err
	}
	b, bytes = a.opts.Sink.NewBatch(), a.out.bytes
	if err := a.out.flushHidden(b, a.tx.touched); err != nil {
		return discard(b, err)
	}
	// Each stream keeps its last event. However much that is, the next time comes
	// after some more only: each time looks at all the streams.
	a.tx.bytes = min(a.out.bytes, a.opts.AtomicBytes/2)
	return a.stage(b, 0, bytes-a.out.bytes)
}

// discard waits for a batch of which a part could not be staged.
func discard(b sink.Batch, err error) error {
	_ = b.Wait() // the first error is the one that counts
	return fmt.Errorf("stage appends: %w", err)
}
