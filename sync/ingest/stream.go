package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
	"github.com/weirstreams/weir/sync/ingest/source"
)

const (
	// company is how long a transaction waits for others at most, while there are
	// any, and groupBytes what they have together at most.
	company    = 2 * time.Millisecond
	groupBytes = 4 << 20
	// partBytes is from how much on a transaction goes out in parts that are hidden.
	// Larger ones would gain nothing: none of them is seen before the end, and a
	// reader's page takes about as much.
	partBytes = 1 << 20
	// lookEvery is how many messages are handled between two looks at the clock.
	lookEvery = 64
	// stopTime bounds the orderly end of a session.
	stopTime = 10 * time.Second
	// collected is by how much memory grows with each byte that is in use: the
	// collector lets as much garbage gather beside it.
	collected = 2
)

// stream receives changes and makes them into appends until ctx ends or something
// fails.
func (s *session) stream(ctx context.Context) error {
	p := s.p
	conn := s.walsender
	s.walsender = nil
	recv, err := source.Start(ctx, conn, source.StartSpec{
		Slot: p.o.Slot, Publications: p.o.Publications, From: s.rec.Confirmed, BufferBytes: p.o.BufferBytes / collected,
		StatusInterval: p.o.StatusInterval, WalSenderTimeout: s.facts.Settings.SenderTimeout, Messages: true,
	})
	if err != nil {
		return err
	}
	defer recv.Close()
	p.measures.receiver.Store(recv)
	defer p.measures.receiver.Store(nil)
	p.state.enter(StateStreaming, nil)
	p.state.change(func(st *Status) { st.Confirmed = s.rec.Confirmed })
	p.o.Log.Info().Stringer("from", s.rec.Confirmed).Msg("streaming")

	k := newAcker(s.rec.Confirmed, s.record, func(l lsn.LSN) {
		recv.Confirm(l)
		p.state.change(func(s *Status) { s.Confirmed, s.Received = l, recv.Received() })
	}, recv.Close)
	go k.run()
	beats := p.beat(ctx)
	defer beats.stop()
	copying := s.copyBeside(ctx, recv)
	s.watchBeside(recv, copying)
	a := assemble.New(s.assembly(k, beats), s.rec.Confirmed)
	working, cancel := p.lasting(ctx)
	defer cancel()
	w := &work{
		a: a, k: k, recv: recv, p: p, visits: copying.visits, before: p.Status().Counts,
		untilPause: p.orders.untilPause(ctx), working: working,
	}
	err = s.last(k, func() error { return w.whole(ctx, copying) })
	if ctx.Err() == nil || errors.Is(err, errStalled) {
		return err
	}
	return errors.Join(err, recv.Stop(working))
}

// last waits for the work of a session, and no longer than the orderly end of the
// pipeline may take: a sink that stalls holds goroutines up in ways that no context
// ends. What is left of them ends with the sink. Between two sessions there is no such
// haste: a goroutine that is left may still append.
func (s *session) last(k *acker, work func() error) error {
	late, cancel := s.p.lasting(s.over)
	defer cancel()
	defer context.AfterFunc(late, k.abandon)()
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-k.left:
		s.p.stalled = true
		s.p.o.Log.Warn().Err(errStalled).Stringer("waited", s.p.stopTime()).
			Msg("the session ends without a farewell to the database, which sends these changes again at the next start")
		return errStalled
	}
}

// record makes it known that everything before an LSN is durable.
func (s *session) record(confirmed lsn.LSN) error {
	s.recording.Lock()
	defer s.recording.Unlock()
	s.rec.Confirmed, s.rec.Streams = confirmed, s.p.streams.n.Load()
	return s.rec.save(context.Background(), s.p.o.Sink)
}

// assembly is what an assembler of this session works with.
func (s *session) assembly(k *acker, beats *beats) assemble.Options {
	o := s.p.o
	return assemble.Options{
		Watch: s.watches(), Copies: s.keylessCopies(),
		Sink: s.streams(), Catalogue: &catalogue{conn: s.control}, Event: o.Event, Earlier: o.Earlier,
		Stage:           func(b sink.Batch, end lsn.LSN) error { return k.send(flight{batch: s.p.measures.timed(b), end: end}) },
		Settle:          func() error { return k.settle(false) },
		Heartbeat:       beats.arrived,
		HeartbeatPrefix: beats.prefix,
		BadRow:          s.p.badRow,
		NoKey:           s.leaveOutChanges,
		DeadLetters:     s.p.deadLetters(),
		Selected:        o.Tables.Match,
		Rows:            s.p.measures.rows.of,
		Extended:        o.Extended, OldValue: o.OldValue, Truncate: o.Truncate, Toast: o.Toast,
		AtomicBytes: s.atomicBytes(), MaxRowBytes: o.MaxRowBytes, MaxNameBytes: o.MaxNameBytes,
		MaxNameSegments: o.MaxNameSegments,
	}
}

// atomicBytes is from how much on a transaction goes out in parts.
func (s *session) atomicBytes() int {
	if s.p.o.Sink.Hides() {
		return min(s.p.o.AtomicBytes, partBytes)
	}
	return s.p.o.AtomicBytes
}

// work is the goroutine between the receiver and the acker.
type work struct {
	a    *assemble.Assembler
	k    *acker
	recv *source.Receiver
	p    *Pipeline
	// visits are those of a copy beside the changes.
	visits *snapshot.Visits

	opened time.Time // when the first transaction of the group was handled, 0: none
	passed lsn.LSN   // the end that the acker knows
	seen   int       // messages since the last look at the clock
	asked  bool      // the server waits for what is confirmed, as it does before it stops

	before     assemble.Counts // of earlier sessions
	untilPause context.Context // ends when the pipeline is to rest
	working    context.Context // lasts longer than the session's
	txBytes    int64           // received of the present transaction
	uncounted  int64           // received and not yet in the measures
}

// whole handles frames until the stream ends, or ctx, and then comes to an end with all
// that is beside it.
func (w *work) whole(ctx context.Context, copying *beside) error {
	err := unsendable(w.run(ctx))
	if err == nil {
		err = w.finish()
	}
	err = copying.end(err)
	w.k.close()
	return w.k.reason(err)
}

// run handles frames until the stream ends, or ctx, which is no error.
func (w *work) run(ctx context.Context) error {
	w.passed = w.a.End()
	for {
		f, err := w.next(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return nil
		default:
			return err
		}
		switch {
		case f.Kind == source.XLog:
			err = w.handle(w.working, f)
		case !w.a.Open():
			w.a.Pass(f.End)
			w.asked = f.ReplyRequested
		}
		if err == nil && !w.a.Open() {
			if err = w.visit(); err == nil {
				err = w.group()
			}
		}
		if err != nil {
			return err
		}
	}
}

// lasting returns a context that ends stopTime after ctx: a shutdown lets what was begun
// come to its end, unless that takes too long.
func (p *Pipeline) lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() { time.AfterFunc(p.stopTime(), cancel) })
	return longer, func() {
		unhook()
		cancel()
	}
}

func (p *Pipeline) stopTime() time.Duration {
	if p.o.StopTime > 0 {
		return p.o.StopTime
	}
	return stopTime
}

// group closes the group of transactions if nobody else is coming or it is full.
func (w *work) group() error {
	w.seen++
	if w.recv.Buffered() > 0 && w.a.Bytes() < groupBytes && !w.late() {
		return nil
	}
	return w.flush()
}

// late tells whether the group has waited long enough.
func (w *work) late() bool {
	if w.opened.IsZero() {
		w.opened = time.Now()
		return false
	}
	if w.seen < lookEvery {
		return false
	}
	w.seen = 0
	return time.Since(w.opened) >= company
}

func (w *work) flush() error {
	w.opened, w.seen = time.Time{}, 0
	defer func() { w.p.measures.since = time.Time{} }()
	w.note()
	if w.a.Empty() {
		if w.a.End() == w.passed && !w.asked {
			return nil
		}
		f := flight{end: w.a.End(), soon: w.asked}
		w.passed, w.asked = f.end, false
		return w.k.send(f)
	}
	w.passed = w.a.End()
	return w.a.Flush()
}

// finish stores what is whole, and records and confirms it.
func (w *work) finish() error {
	if !w.a.Open() {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.k.settle(true)
}
