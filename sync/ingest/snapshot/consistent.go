package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// consistent is a copy from one exported snapshot.
type consistent struct {
	c    *Copier
	gate *direct
	runs []*tableRun // largest first
	stop atomic.Bool // no more is begun: the rest is left to Run
	plan plan
}

// tableRun is one table of it.
type tableRun struct {
	Table
	job   job
	rec   *record
	shape *shape
}

// Prepare records that all of a pipeline's tables are to be copied anew. It is called
// before their slot is created, so that a crash between the slot and the copy leaves
// tables that Run copies, and streams that are emptied first.
func (c *Copier) Prepare(ctx context.Context, tables []Table) error {
	var epoch int64
	records := make([]*record, len(tables))
	for i, t := range tables {
		var err error
		if records[i], err = load(ctx, c.o.Sink, t); err != nil {
			return err
		}
		epoch = max(epoch, records[i].Epoch+1)
	}
	for i, t := range tables {
		records[i].begin(epoch, true)
		if err := records[i].save(ctx, c.o.Sink, t); err != nil {
			return err
		}
	}
	return nil
}

// Consistent copies tables that were prepared as an exported snapshot shows them,
// which has to stay importable until Consistent returns: its connection is not used
// meanwhile. All of the pipeline's tables are copied, and nothing else writes to
// their streams; what is there from before is ended by a reset. It returns nil when
// the streams
// may go on from the snapshot: all is copied, or the copy has taken more than it may
// and Run does the rest.
func (c *Copier) Consistent(ctx context.Context, snapshot string, tables []Table) error {
	s := &consistent{c: c, gate: &direct{sink: c.o.Sink, lookup: c.o.Lookup}}
	conns, err := s.connect(ctx, snapshot)
	defer closeAll(conns)
	if err != nil {
		return fmt.Errorf("import the slot's snapshot: %w", err)
	}
	if err := s.begin(ctx, conns[0], tables); err != nil {
		return fmt.Errorf("begin to copy: %w", err)
	}
	defer c.logging()()
	defer s.limited(ctx)()

	g, ctx := errgroup.WithContext(ctx)
	for _, conn := range conns {
		g.Go(func() error { return (&worker{s: s, conn: conn}).run(ctx) })
	}
	return g.Wait()
}

func (s *consistent) connect(ctx context.Context, snapshot string) ([]*pgx.Conn, error) {
	var conns []*pgx.Conn
	for range s.c.o.Workers {
		conn, err := s.c.o.Target.Direct(ctx, source.ReadOnly)
		if err != nil {
			return conns, err
		}
		conns = append(conns, conn)
		_, err = conn.PgConn().Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT "+
			source.QuoteLiteral(snapshot)).ReadAll()
		if err != nil {
			return conns, err
		}
	}
	return conns, nil
}

// closeTime bounds the farewell to a connection.
const closeTime = 3 * time.Second

func closeAll(conns []*pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	for _, conn := range conns {
		conn.Close(ctx)
	}
}

// begin announces the copies in the tables' streams.
func (s *consistent) begin(ctx context.Context, conn *pgx.Conn, tables []Table) error {
	tables = slices.Clone(tables)
	slices.SortStableFunc(tables, func(a, b Table) int { return cmp.Compare(b.Bytes, a.Bytes) })
	for _, t := range tables {
		rec, err := load(ctx, s.c.o.Sink, t)
		if err != nil {
			return err
		}
		s.runs = append(s.runs, &tableRun{Table: t, rec: rec, job: job{t.OID, rec.Epoch}})
	}
	var all []opening
	for _, r := range s.runs {
		t, err := s.look(ctx, conn, r)
		if err != nil {
			return err
		}
		all = append(all, opening{job: r.job, table: t, rebuild: true})
	}
	if err := s.c.open(ctx, s.gate, 0, all, true); err != nil {
		return err
	}
	return s.opened(ctx)
}

// look describes a table and keeps it as it is until all is copied.
func (s *consistent) look(ctx context.Context, conn *pgx.Conn, r *tableRun) (*event.Table, error) {
	if err := lock(ctx, conn, r.Table); err != nil {
		return nil, err
	}
	var err error
	if r.shape, err = s.c.describe(ctx, conn, r.Table); err != nil {
		return nil, err
	}
	return s.c.table(ctx, conn, r.shape)
}

// opened notes that the streams know of all copies. A table of which the snapshot may
// not show everything any more is left to Run.
func (s *consistent) opened(ctx context.Context) error {
	for _, r := range s.runs {
		r.rec.Opened = true
		if !r.shape.moved {
			r.rec.Layout = r.shape.layout
			s.plan.add(r)
		}
		if err := r.rec.save(ctx, s.c.o.Sink, r.Table); err != nil {
			return err
		}
		s.c.progress.note(r.Table, r.rec)
	}
	return nil
}

// lookEvery is the time between two looks at how much log there is.
const lookEvery = 5 * time.Second

// limited watches the limits until the function that it returns is called.
func (s *consistent) limited(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var run sync.WaitGroup
	run.Go(func() { s.watchLimits(ctx) })
	return func() {
		cancel()
		run.Wait()
	}
}

// watchLimits ends the copy when it has taken as much time or log as it may.
func (s *consistent) watchLimits(ctx context.Context) {
	if s.c.o.MaxDuration > 0 {
		timer := time.AfterFunc(s.c.o.MaxDuration, func() { s.leave("it has taken DS_SYNC__SNAPSHOT_MAX_DURATION") })
		defer timer.Stop()
	}
	if s.c.o.MaxWAL > 0 {
		if err := s.watchLog(ctx); err != nil && ctx.Err() == nil {
			s.c.o.Log.Warn().Err(err).Msg("cannot tell how much log the copy keeps")
		}
	}
	<-ctx.Done()
}

func (s *consistent) leave(why string) {
	s.stop.Store(true)
	s.c.o.Log.Warn().Str("because", why).Msg("the consistent copy ends early; the rest is copied beside the changes")
}

// watchLog returns when the log has grown by more than it may.
func (s *consistent) watchLog(ctx context.Context) error {
	conn, err := s.c.o.Target.Direct(ctx, source.ReadOnly)
	if err != nil {
		return err
	}
	defer closeAll([]*pgx.Conn{conn})
	from, err := logEnd(ctx, conn)
	for err == nil {
		if err = sleep(ctx, lookEvery); err != nil {
			return err
		}
		now, failed := logEnd(ctx, conn)
		if err = failed; err == nil && int64(now-from) > s.c.o.MaxWAL {
			s.leave("it has kept DS_SYNC__SNAPSHOT_MAX_WAL of log")
			return nil
		}
	}
	return err
}
