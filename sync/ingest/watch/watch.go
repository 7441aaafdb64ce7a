// Package watch notices what is done to tables besides their rows. Start with
// Watcher; Compare, a pure function, decides what follows from two looks at the
// catalogue.
//
// # What no event tells
//
// A column that is added with a default, dropped or renamed, a type that is changed,
// a partition that is attached, detached or emptied, a key that is made of other
// columns: the rows of the table are others than before, and the replication stream
// says nothing of them. Such a table is copied anew. Its streams are emptied first,
// because some rows may be gone, or known by other keys.
//
// # When
//
// A look may be ahead of the stream by far. Events of the old layout that come after
// the streams were emptied would stay there for good. So the copy begins only when
// everything is durable that was in the database's log at the time of the look.
//
// What was seen last is recorded only when the copy that follows from it is sure to
// happen. A crash in between finds the same difference again, and so does the first
// look of a pipeline whose tables were changed while it was down.
package watch

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// Policy says what the pipeline does about a table whose layout changes.
type Policy string

// The policies.
const (
	Follow Policy = "follow"
	// Pause has it come to rest, and follow when it is resumed.
	Pause Policy = "pause"
	// Stop has it fail, and follow when it is started or resumed.
	Stop Policy = "stop"
)

// ErrStopped says that a table's layout has changed, and that the pipeline is to stop
// at that.
var ErrStopped = errors.New("the layout of a table has changed, and DS_SYNC__DDL=stop")

// Options are what a Watcher works with. All functions are called by its goroutine.
type Options struct {
	// Connect returns a connection to look with. The watcher closes it.
	Connect      func(ctx context.Context) (*pgx.Conn, error)
	Sink         sink.Sink
	Publications []string
	Selected     func(schema, table string) bool
	Naming       Naming

	Policy Policy
	// Backfill has tables copied anew where that is needed; without it their streams
	// are wrong until the rows change. A table with other keys is copied in any case.
	Backfill bool

	// Publish makes a publication have the tables that are selected and can be
	// published, as far as that is for the pipeline to do, and reports whether it
	// has changed anything.
	Publish func(ctx context.Context, conn *pgx.Conn) (changed bool, err error)
	// Passed returns when all that was committed before an LSN is durable in the
	// streams.
	Passed func(ctx context.Context, conn *pgx.Conn, at lsn.LSN) error
	// Copied tells whether the rows of a table are copied at all.
	Copied func(schema, table string) bool
	// Owed are tables, by their oids, of which the streams lack changes because
	// nothing told the rows apart. Paid is told of those that are sure to be copied
	// anew, or never will be.
	Owed func() []uint32
	Paid func(table uint32)
	// Copy sees to it, durably, that a table is copied anew, and what its streams
	// have of it goes first. It reports false if that has to wait.
	Copy func(ctx context.Context, t Table) (bool, error)
	// Close closes the streams that a table has left and that are nobody's now.
	Close func(ctx context.Context, left Table) error
	// Pause pauses the pipeline, Paused tells whether it is paused.
	Pause  func()
	Paused func() bool
	// Changed is told of each change that is noticed, for the status.
	Changed func(c Change)

	// Every is the time between two looks; 0: 30 s.
	Every time.Duration
	Log   zerolog.Logger
}

// Change is a change to a table, for people.
type Change struct {
	At    time.Time `json:"at"`
	Table string    `json:"table"`
	What  string    `json:"what"`
	// Then says what the pipeline does about it.
	Then string `json:"then"`
}

const (
	// every is how often the catalogue is looked at if nothing calls for it, and
	// soonest the part of that between two looks at least.
	every   = 30 * time.Second
	soonest = 30
)

// Watcher looks at the catalogue, again and again, during one session.
type Watcher struct {
	o    Options
	wake chan struct{} // a look is wanted; one pending at most

	// Of Run's goroutine.
	conn   *pgx.Conn
	memory *memory
	absent map[string]bool // tables that are not published, as was logged
	// refused is why new tables could not be published, as was logged.
	refused string
}

// New returns a Watcher that does nothing yet.
func New(o Options) *Watcher {
	if o.Every <= 0 {
		o.Every = every
	}
	return &Watcher{o: o, wake: make(chan struct{}, 1), absent: make(map[string]bool)}
}

// Begin makes a pipeline that begins anew start from the tables as they are now: what
// is done to them from here on will be noticed. It is called before the slot is
// created, with the tables published.
func Begin(ctx context.Context, conn *pgx.Conn, k sink.Sink, publications []string, selected func(schema, table string) bool, n Naming) error {
	f, err := Look(ctx, conn, publications, selected, nil)
	if err != nil {
		return err
	}
	f.settleKeys(n)
	return (&memory{sink: k, tables: make(map[uint32]*entry)}).begin(ctx, f)
}

// Table implements assemble.Watch: the stream has come to a table's new shape. It may
// be called from any goroutine, and does not wait.
func (w *Watcher) Table(*event.Table) { w.Look() }

// Touched implements assemble.Watch.
func (w *Watcher) Touched(*event.Table, uint32, []byte) {}

// Truncated implements assemble.Watch.
func (w *Watcher) Truncated(*event.Table, uint32) {}

// Look has the watcher look soon.
func (w *Watcher) Look() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run looks until ctx ends, or until a policy or a failure of the sink stops the
// session. A database that cannot be asked is asked again.
func (w *Watcher) Run(ctx context.Context) error {
	defer w.close()
	var err error
	if w.memory, err = remember(ctx, w.o.Sink); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-w.wake:
		}
		waits, err := w.round(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case isFinal(err):
			return err
		case err != nil:
			w.o.Log.Warn().Err(err).Msg("cannot look for changes of tables; trying again")
			w.close()
		}
		if err := sleep(ctx, w.o.Every/soonest); err != nil {
			return err
		}
		timer.Reset(w.pause(waits))
	}
}

// pause is how long the next look may wait: not as long if something was put off.
func (w *Watcher) pause(waits bool) time.Duration {
	if waits {
		return w.o.Every / soonest
	}
	return w.o.Every
}

// failure is an error that ends the session.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

func isFinal(err error) bool {
	_, ok := errors.AsType[failure](err)
	return ok
}

// closeTime bounds the farewell to a connection.
const closeTime = 3 * time.Second

func (w *Watcher) close() {
	if w.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	w.conn.Close(ctx)
	w.conn = nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
