package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// session receives changes, from the slot's begin on each time, beside which the
// copier runs.
type session struct {
	w      *world
	recv   *source.Receiver
	a      *assemble.Assembler
	index  *earlier.Index
	visits *snapshot.Visits
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex // guards what follows
	passed lsn.LSN    // and flushed
	err    error      // the first one
}

// stream begins a session with a new copier.
func (w *world) stream(from lsn.LSN) *session {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{w: w, visits: snapshot.NewVisits(), cancel: cancel, index: earlier.OpenMemory(w.sink, nil)}
	w.o.Live, w.o.Lookup = s.index.Live, s.index.Lookup
	w.again()
	tables := w.tables()
	if err := w.copier.Recall(ctx, tables); err != nil {
		w.t.Fatal(err)
	}
	walsender, err := w.target.Replication(ctx)
	if err == nil {
		s.recv, err = source.Start(ctx, walsender, source.StartSpec{
			Slot: w.slot, Publications: []string{"p"}, From: from, Messages: true, StatusInterval: time.Second,
		})
	}
	var conn *pgx.Conn
	if err == nil {
		conn, err = w.target.Direct(ctx, source.ReadOnly)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	s.a = assemble.New(assemble.Options{
		Sink: w.sink, Catalogue: catalogue{conn}, Event: w.config, Earlier: s.index, Watch: w.copier, Copies: w.copier,
		Stage: func(b sink.Batch, _ lsn.LSN) error { return b.Wait() }, Settle: func() error { return nil },
		Heartbeat: func([]byte) {}, HeartbeatPrefix: "beat", Truncate: assemble.TruncateAuto,
		BadRow:      func(r assemble.BadRow) error { return fmt.Errorf("%+v", r) },
		Selected:    func(schema, _ string) bool { return schema == "public" },
		AtomicBytes: 1 << 20, MaxRowBytes: 1 << 20, MaxNameBytes: 1000,
	}, from)
	s.done.Go(func() { s.end(s.receive(ctx)); conn.Close(context.Background()) })
	s.done.Go(func() { s.end(w.copier.Run(ctx, meddling{s.visits, w.meddle, w.inside}, tables)) })
	return s
}

// meddling is a gate at which something happens to the database before anybody is
// let in, and is handled, and inside of which something may happen that is not.
type meddling struct {
	snapshot.Gate
	meddle func() lsn.LSN
	inside func()
}

func (m meddling) Do(ctx context.Context, at lsn.LSN, f func(snapshot.Streams) error, nudge func()) error {
	if m.meddle != nil {
		at = max(at, m.meddle())
	}
	if m.inside == nil {
		return m.Gate.Do(ctx, at, f, nudge)
	}
	return m.Gate.Do(ctx, at, func(s snapshot.Streams) error {
		m.inside()
		return f(s)
	}, nudge)
}

func (s *session) end(err error) {
	s.mu.Lock()
	if s.err == nil && !errors.Is(err, context.Canceled) {
		s.err = err
	}
	s.mu.Unlock()
	s.visits.Close()
	s.cancel()
}

func (s *session) receive(ctx context.Context) error {
	for {
		f, err := s.recv.Next(ctx)
		if err != nil {
			return err
		}
		if f.Kind == source.XLog {
			err = s.a.Handle(ctx, f.Start, f.Data)
		} else if !s.a.Open() {
			s.a.Pass(f.End)
		}
		if err == nil && !s.a.Open() {
			err = s.between()
		}
		if err != nil {
			return err
		}
	}
}

func (s *session) between() error {
	settled := s.visits.Let(s.a.End(), s.a)
	if !s.a.Empty() {
		if err := s.a.Flush(); err != nil {
			return err
		}
	}
	if settled != nil {
		close(settled)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passed = s.a.End()
	return nil
}

// state returns how far the session is.
func (s *session) state() (lsn.LSN, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.passed, s.err
}

// quiet waits until everything is copied and streamed. It returns the session's error
// if that ends first.
func (s *session) quiet() error {
	s.w.t.Helper()
	end, err := source.Emit(context.Background(), s.w.conn, "test", []byte{})
	if err != nil {
		s.w.t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		passed, err := s.state()
		if err != nil {
			return err
		}
		if passed >= end && s.copied() {
			return nil
		}
	}
	s.w.t.Fatalf("the copy has not ended: %+v", s.w.copier.Progress())
	return nil
}

// copied tells whether all tables are.
func (s *session) copied() bool {
	for _, t := range s.w.tables() {
		text, err := s.w.sink.Load(context.Background(), fmt.Sprintf("table-%d", t.OID))
		if err != nil || !strings.Contains(text, `"state":"done"`) {
			return false
		}
	}
	return true
}

func (s *session) stop() {
	s.cancel()
	s.recv.Close()
	s.done.Wait()
	s.index.Close()
	// The server notices in a moment that the connection is gone.
	for active := true; active; {
		err := s.w.conn.QueryRow(context.Background(), "SELECT coalesce(bool_or(active), false) FROM pg_replication_slots WHERE slot_name = $1", s.w.slot).Scan(&active)
		if err != nil {
			s.w.t.Fatal(err)
		}
	}
}

// catalogue answers for the database.
type catalogue struct{ conn *pgx.Conn }

func (c catalogue) Facts(ctx context.Context, r *pgoutput.Relation) (event.Facts, error) {
	return facts(ctx, c.conn, r)
}

func (c catalogue) Reread(ctx context.Context, t *event.Table, key pgoutput.Tuple) (pgoutput.Tuple, error) {
	var columns, where []string
	for _, col := range t.Relation.Columns {
		columns = append(columns, source.QuoteIdent(col.Name))
	}
	for _, k := range t.Key {
		where = append(where, columns[k]+"::text = "+source.QuoteLiteral(string(key[k].Value)))
	}
	results, err := c.conn.PgConn().Exec(ctx, "SELECT "+strings.Join(columns, ",")+" FROM public."+
		source.QuoteIdent(t.Relation.Name)+" WHERE "+strings.Join(where, " AND ")).ReadAll()
	if err != nil || len(results[0].Rows) == 0 {
		return nil, err
	}
	var row pgoutput.Tuple
	for _, v := range results[0].Rows[0] {
		col := pgoutput.Column{Kind: pgoutput.Text, Value: v}
		if v == nil {
			col.Kind = pgoutput.Null
		}
		row = append(row, col)
	}
	return row, nil
}

// slotOnly creates the slot without a copy.
func (w *world) slotOnly() lsn.LSN {
	w.t.Helper()
	walsender, err := w.target.Replication(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	defer walsender.Close(context.Background())
	slot, err := source.CreateSlot(context.Background(), walsender, source.SlotSpec{Name: w.slot})
	if err != nil {
		w.t.Fatal(err)
	}
	return slot.ConsistentPoint
}
