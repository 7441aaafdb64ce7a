// Package snapshot copies the rows that a database has already into streams. Start
// with Copier.
//
// # Two ways, one cursor
//
// Consistent copies everything that was committed before a slot began, from the
// snapshot that the slot has exported, with many connections, before the first
// change is received. Run copies beside the stream of changes, one short
// transaction for each chunk: tables that are added later, and whatever a crash or a
// time limit has left of a consistent copy.
//
// Both go through a table from its first block to the block that was its last when
// the copy began, chunk by chunk. A chunk is a range of row addresses (ctid), read in
// the order in which they lie on disk: that needs no index and no key to compare, and
// every kind of table is read at the speed of a scan.
//
// An address is as good a cursor as a key, also while rows move. A row version that
// no event tells of was there when the copy began and stays at its address until it
// is updated or deleted, which is an event. Whatever is written later has an event of
// its own. What moves versions without events (VACUUM FULL, CLUSTER, a rewriting
// ALTER TABLE) gives the table another file, and TRUNCATE does so too: each chunk
// looks, and begins the table again if the file is another.
//
// # Beside the stream
//
// Each chunk is read in a snapshot S, taken when the log stood at B. It is appended
// once the stream has been handled up to B, between two transactions, without the
// rows whose keys were touched by a transaction that was handled already and that S
// does not see: the stream has said later things of them. Transactions that S does
// not see and that were not handled yet come later anyway. What S sees is told by
// transaction numbers, not by positions in the log: a transaction may be in the
// stream while it still waits for a standby, and is not to be seen meanwhile.
//
// A table whose rows have no key is copied beside the stream in one transaction, from
// one snapshot, and after a crash from its begin; see whole.go.
//
// A table's first chunk waits until every transaction has ended that ran when its
// changes began to be watched. Those may have written before the publication had the
// table, or have been handled before anybody kept note of the keys.
//
// # After a crash
//
// The range of a chunk is saved before any of its rows is appended, and each stream
// remembers the last chunk that it has of every copy under way, in the same atomic
// step as the rows. A chunk that a crash has cut in half between streams is read
// again and goes to those that miss it. What was finished is not read again.
package snapshot

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// Options are what a Copier works with. Those from Workers on have defaults; of the
// others only Live, Lookup, NoKey and Hold may be nil.
type Options struct {
	Target *source.Target
	Sink   sink.Sink
	Event  *event.Config
	// Facts looks up what a relation does not say of its table.
	Facts func(ctx context.Context, conn *pgx.Conn, r *pgoutput.Relation) (event.Facts, error)
	// Live visits each key of a type that is alive in a stream, as far as that is
	// durable. It is needed to copy a table anew whose stream has other tables too.
	Live func(ctx context.Context, stream string, typ []byte, visit func(key []byte) error) error
	// Lookup returns the last event of a key, nil if it is not alive, as far as that
	// is durable. It is needed to copy tables with hashed keys.
	Lookup func(ctx context.Context, stream string, typ, key []byte) ([]byte, error)
	// BadRow is told of a row that cannot become an event, with its key as far as it
	// has one. Its error ends the copy; nil leaves the row out, for the stream
	// DeadLetters to tell of it.
	BadRow      func(table string, key []byte, err error) error
	DeadLetters string
	// NoKey is told of a table whose copy cannot go on because nothing tells its rows
	// apart. It is to be copied anew when something does. nil: that ends the copy of
	// all tables.
	NoKey func(t Table, why error)
	// Hold tells whether copying has to wait, because the slot runs out of room.
	Hold func() bool
	Log  zerolog.Logger

	Publications []string
	// Extended marks copied rows in their headers.
	Extended bool
	// MaxRowBytes is the size from which an event is a bad row, MaxNameBytes the
	// longest name of a stream.
	MaxRowBytes, MaxNameBytes int

	Workers    int // connections that copy; 0 means 4
	ChunkRows  int // of a chunk at most; 0 means 10,000
	ChunkBytes int // of a chunk's events at most, but for one row; 0 means 8 MiB
	// Rate bounds the rows copied in a second; 0: no bound.
	Rate int64
	// MaxDuration and MaxWAL bound a consistent copy, in time and in bytes of log
	// written meanwhile; what is left then is copied by Run. 0: no bound.
	MaxDuration time.Duration
	MaxWAL      int64
	// MaxTouched bounds the keys that are kept to hold chunks against; 0 means
	// 500,000, of about 50 bytes each.
	MaxTouched int
}

func (o *Options) setDefaults() {
	for field, value := range map[*int]int{
		&o.Workers: 4, &o.ChunkRows: 10_000, &o.ChunkBytes: 8 << 20, &o.MaxTouched: 500_000,
	} {
		if *field <= 0 {
			*field = value
		}
	}
}

// Table is a table to be copied. A partitioned one stands for its partitions.
type Table struct {
	OID          uint32
	Schema, Name string
	Bytes        int64 // about; larger ones are copied first
}

func (t Table) String() string { return t.Schema + "." + t.Name }

// Copier copies the tables of one pipeline. Consistent and Run are called one after
// the other; everything else may be called at any time, from any goroutine.
//
// It implements assemble.Watch, and has to watch the session that Run works beside.
type Copier struct {
	o        Options
	pace     pace
	touched  touched
	covers   covers
	progress progress
	queue    queue
}

// New returns a Copier that does nothing yet.
func New(o Options) *Copier {
	o.setDefaults()
	c := &Copier{o: o, pace: pace{rate: o.Rate}}
	c.touched.limit, c.covers.limit = o.MaxTouched, o.MaxTouched
	c.queue.wake = make(chan struct{}, 1)
	return c
}
