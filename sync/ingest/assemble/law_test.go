package assemble_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// TestExactlyOnce: however often everything crashes, wherever, and whatever of the
// last appends is stored then: in the end each stream has every event once and in
// order, and meanwhile readers see whole transactions only.
func TestExactlyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		n := rapid.IntRange(1, 10).Draw(t, "transactions")
		early := rapid.IntRange(0, n).Draw(t, "transactions before the table was added")
		for i := range n {
			m.transaction(i < early)
		}
		r := &lawRun{t: t, m: m, store: memstore.New(nil), extended: rapid.Bool().Draw(t, "extended")}
		r.atomic = rapid.SampledFrom([]int{1, 300, 2000, 1 << 20}).Draw(t, "atomic bytes")
		for range rapid.IntRange(0, 4).Draw(t, "crashes") {
			r.session(false)
		}
		r.session(true)
	})
}

// lawRun is a model on its way into streams.
type lawRun struct {
	t        *rapid.T
	m        *model
	store    *memstore.Store
	extended bool
	atomic   int

	confirmed lsn.LSN // what Postgres may have been told
	durable   lsn.LSN // before this, everything is stored

	// Of a session.
	engine  *stream.Engine
	sink    *shaky
	flights []flight
}

// flight is a batch that is staged.
type flight struct {
	batch sink.Batch
	end   lsn.LSN
}

// session runs until a crash, or to the end.
func (r *lawRun) session(last bool) {
	t := r.t
	r.engine = stream.New(r.store, nil)
	defer r.engine.Close()
	local := sink.NewLocal(r.engine, "t")
	defer local.Close()
	r.sink = &shaky{Local: local, queues: make(map[string][]*staged)}
	r.flights = nil
	if !last {
		r.sink.failAt = rapid.IntRange(0, 30).Draw(t, "failing call")
	}
	index := earlier.OpenMemory(r.sink, nil)
	defer index.Close()
	r.confirmed = lsn.LSN(rapid.Uint64Range(uint64(r.confirmed), uint64(r.durable)).Draw(t, "confirmed"))
	a := assemble.New(r.options(index), r.confirmed)
	err := r.run(a, last)
	switch {
	case err == nil && last:
		r.checkEnd()
	case err != nil && !errors.Is(err, errShaky):
		t.Fatalf("session: %v", err)
	default:
		if err := r.sink.crash(func(most int) int { return rapid.IntRange(0, most).Draw(t, "stored") }); err != nil {
			t.Fatalf("crash: %v", err)
		}
		r.check()
	}
}

func (r *lawRun) options(index *earlier.Index) assemble.Options {
	o := defaults(r.t, lawRoutes...)
	o.Sink, o.Catalogue, o.Earlier = r.sink, catalogue{}, index
	o.Extended, o.AtomicBytes = r.extended, r.atomic
	o.Settle = func() error { return r.settle(len(r.flights)) }
	o.Stage = func(b sink.Batch, end lsn.LSN) error {
		r.flights = append(r.flights, flight{b, end})
		return r.settle(rapid.IntRange(0, len(r.flights)).Draw(r.t, "settled"))
	}
	return o
}

// settle waits for the first n flights.
func (r *lawRun) settle(n int) error {
	for _, f := range r.flights[:n] {
		if err := f.batch.Wait(); err != nil {
			return err
		}
		r.durable = max(r.durable, f.end)
		r.check()
	}
	r.flights = r.flights[n:]
	return nil
}

// run sends the log from a place at or before what is confirmed.
func (r *lawRun) run(a *assemble.Assembler, last bool) error {
	first := slices.IndexFunc(r.m.txs, func(x *tx) bool { return x.commit >= r.confirmed })
	if first < 0 {
		first = len(r.m.txs)
	}
	first = rapid.IntRange(0, first).Draw(r.t, "first")
	s := newSender()
	for _, x := range r.m.txs[first:] {
		sent := rapid.Bool().Draw(r.t, "added table is sent")
		for _, f := range s.frames(x, func() bool { return !sent }) {
			if !last && rapid.IntRange(0, 60).Draw(r.t, "crash") == 0 {
				return errShaky
			}
			if err := a.Handle(context.Background(), f.start, f.data); err != nil {
				return err
			}
		}
		if rapid.Bool().Draw(r.t, "flush") {
			if err := a.Flush(); err != nil {
				return err
			}
		}
	}
	if err := a.Flush(); err != nil {
		return err
	}
	return r.settle(len(r.flights))
}
