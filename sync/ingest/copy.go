package ingest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// CopyOptions say how the rows are copied that a database has already.
type CopyOptions struct {
	// Mode is the way to copy; "" is auto, by the size of the tables.
	Mode route.Snapshot
	// Workers, ChunkRows, ChunkBytes, Rate and MaxDuration are as in
	// snapshot.Options.
	Workers, ChunkRows, ChunkBytes int
	Rate                           int64
	MaxDuration                    time.Duration
	// MaxWAL returns how many bytes of log a copy may keep, when the server keeps so
	// many for a slot at most, 0 if it has no bound. 0 and nil: no bound.
	MaxWAL func(kept int64) int64
}

// consistentBytes is the size of all tables up to which auto copies them in one go.
const consistentBytes = 20 << 30

// newCopier returns the copier of a session, nil if nothing is to be copied.
func (s *session) newCopier() *snapshot.Copier {
	o := s.p.o
	if o.Copy.Mode == route.SnapshotNever {
		return nil
	}
	options := snapshot.Options{
		Target: s.p.target, Sink: s.streams(), Event: &s.p.o.Event, Log: o.Log, Publications: o.Publications,
		Facts: func(ctx context.Context, conn *pgx.Conn, r *pgoutput.Relation) (event.Facts, error) {
			return (&catalogue{conn: conn}).Facts(ctx, r)
		},
		Hold: s.p.short, NoKey: s.leaveOutCopy,
		BadRow: s.p.badCopy, DeadLetters: s.p.deadLetters(), Extended: o.Extended, MaxRowBytes: o.MaxRowBytes, MaxNameBytes: o.MaxNameBytes,
		Workers: o.Copy.Workers, ChunkRows: o.Copy.ChunkRows, ChunkBytes: o.Copy.ChunkBytes,
		Rate: o.Copy.Rate, MaxDuration: o.Copy.MaxDuration,
	}
	if o.Copy.MaxWAL != nil {
		options.MaxWAL = o.Copy.MaxWAL(max(0, s.facts.Settings.SlotKeepBytes))
	}
	if o.Earlier != nil {
		options.Live, options.Lookup = o.Earlier.Live, o.Earlier.Lookup
	}
	c := snapshot.New(options)
	s.p.copier.Store(c)
	return c
}

// copies are the copies of tables that the present session knows of.
func (p *Pipeline) copies() []Copy {
	c := p.copier.Load()
	if c == nil {
		return nil
	}
	var list []Copy
	for _, one := range c.Progress() {
		remaining := int64(-1)
		if one.Percent > 0 {
			remaining = int64(float64(one.Rows) * (100 - one.Percent) / one.Percent)
		}
		list = append(list, Copy{
			Table: one.Table, State: string(one.State), Rows: one.Rows, Remaining: remaining, Bytes: one.Bytes,
			Percent: one.Percent, Cursor: one.Cursor, Left: one.Left, Waiting: one.Waiting,
		})
	}
	return list
}

// copied are the tables whose rows are copied, and how large they are together.
func (s *session) copied() (tables []snapshot.Table, size int64) {
	for _, t := range s.facts.Tables {
		name := t.Name
		if !t.Selected || !s.ownName(&t) || !s.wantsCopy(name.Schema, name.Table) {
			continue
		}
		tables = append(tables, snapshot.Table{OID: t.OID, Schema: name.Schema, Name: name.Table, Bytes: t.Bytes})
		size += t.Bytes
	}
	return tables, size
}

// wantsCopy tells whether the rows that a table has already are to be copied.
func (s *session) wantsCopy(schema, table string) bool {
	r := s.p.o.Event.Routes.For(schema, table)
	return s.copier != nil && (r == nil || r.Snapshot != route.SnapshotNever)
}

// ownName tells whether the changes of a table come under its name: not those of a
// partition that is published by its root, nor those of a root whose partitions are
// published one by one.
func (s *session) ownName(t *checks.Table) bool {
	if len(t.Shares) > 0 || t.Parent != 0 {
		return len(t.Shares) > 0
	}
	return !slices.ContainsFunc(s.facts.Tables, func(other checks.Table) bool {
		return other.Parent == t.OID && len(other.Shares) > 0
	})
}

// prepare notes what is to be copied before the slot is created.
func (s *session) prepare(ctx context.Context) error {
	if s.copier == nil {
		return nil
	}
	tables, _ := s.copied()
	return s.copier.Prepare(ctx, tables)
}

// copyFirst copies what was committed before the slot, if that is the way to do it.
// Otherwise it is copied beside the changes.
func (s *session) copyFirst(ctx context.Context, exported string) error {
	tables, size := s.copied()
	mode := s.p.o.Copy.Mode
	switch {
	case s.copier == nil || mode == route.SnapshotIncremental:
		return nil
	case mode != route.SnapshotConsistent && size >= consistentBytes:
		return nil
	}
	tables = slices.DeleteFunc(tables, func(t snapshot.Table) bool {
		r := s.p.o.Event.Routes.For(t.Schema, t.Name)
		return r != nil && r.Snapshot == route.SnapshotIncremental
	})
	s.p.state.enter(StateCopying, nil)
	return s.copier.Consistent(ctx, exported, tables)
}

// beside is a copy that runs beside the stream of changes.
type beside struct {
	visits *snapshot.Visits
	ctx    context.Context // ends with the session
	cancel context.CancelFunc
	run    sync.WaitGroup
	failed sync.Once
	err    error // why it has ended the session; read when run has ended
}

// begin runs something beside the stream. It closes the receiver if that fails.
func (b *beside) begin(recv *source.Receiver, run func(ctx context.Context) error) {
	b.run.Go(func() {
		err := run(b.ctx)
		if b.ctx.Err() != nil {
			return
		}
		b.failed.Do(func() { b.err = err })
		recv.Close()
	})
}

// copyBeside begins to copy what is not copied yet.
func (s *session) copyBeside(ctx context.Context, recv *source.Receiver) *beside {
	b := &beside{visits: snapshot.NewVisits()}
	b.ctx, b.cancel = context.WithCancel(ctx)
	if s.copier == nil {
		return b
	}
	tables, _ := s.copied()
	b.begin(recv, func(ctx context.Context) error { return s.copier.Run(ctx, b.visits, tables) })
	return b
}

// end waits for the copy, which cannot go on, and returns why the session has ended.
func (b *beside) end(err error) error {
	b.cancel()
	b.visits.Close()
	b.run.Wait()
	if b.err != nil && (errors.Is(err, source.ErrStopped) || errors.Is(err, source.ErrEnded)) {
		return b.err
	}
	return err
}

// visit lets the copy append what it has, between two transactions.
func (w *work) visit() error {
	settled := w.visits.Let(w.a.End(), w.a)
	if settled == nil {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.k.send(flight{settled: settled})
}
