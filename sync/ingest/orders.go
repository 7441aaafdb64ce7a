package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// orders are what somebody wants of a pipeline that runs. The methods of Pipeline
// give them, from any goroutine; sessions carry them out. A restart forgets them.
type orders struct {
	wake chan struct{} // ends the wait for the next session; one pending at most

	mu      sync.Mutex              // guards the rest
	end     context.CancelCauseFunc // ends the present session, nil: there is none
	rest    context.CancelFunc      // has the present session's work come to rest
	resumed chan struct{}           // closed by Resume, nil: not paused
	resync  bool
	skip    lsn.LSN // 0: no such order
}

// errOrder is why a session ends when an order is for the next one.
var errOrder = errors.New("an order ends the session")

// ErrSkip says that a pipeline cannot skip to a position.
var ErrSkip = errors.New("want a position after the one that is confirmed and not after the end of the database's log")

// Pause has the pipeline come to rest behind the transaction that it handles. The
// connection stays, nothing more is confirmed, and the database keeps its log, until
// Resume. Pausing twice is pausing once.
func (p *Pipeline) Pause() {
	o := &p.orders
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.resumed != nil {
		return
	}
	o.resumed = make(chan struct{})
	if o.rest != nil {
		o.rest()
	}
}

// Resume ends a pause. A pipeline that waits to connect again, or that has failed,
// tries at once.
func (p *Pipeline) Resume() {
	o := &p.orders
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.resumed != nil {
		close(o.resumed)
		o.resumed = nil
	}
	o.poke()
}

// Resync has the pipeline give up its slot and copy every table anew, also from a
// database that the streams do not come from. It is begun when Resync returns, not
// done.
func (p *Pipeline) Resync() {
	p.orders.give(func(o *orders) { o.resync = true })
}

// SkipTo has the pipeline leave out everything that commits before a position: the
// streams lack it from then on. It is the way past a transaction that can never be
// handled. Its error is ErrSkip; a position beyond the end of the database's log is
// found out by the next session, which says so in the log and skips nothing.
func (p *Pipeline) SkipTo(to lsn.LSN) error {
	if at := p.Status().Confirmed; to <= at {
		return fmt.Errorf("skip to %s, with %s confirmed: %w", to, at, ErrSkip)
	}
	p.orders.give(func(o *orders) { o.skip = to })
	return nil
}

// Refresh has the pipeline look at once for tables that are selected and were not
// there before.
func (p *Pipeline) Refresh() {
	p.orders.give(func(*orders) {})
}

// give notes an order for the next session, and brings that about.
func (o *orders) give(note func(o *orders)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	note(o)
	if o.end != nil {
		o.end(errOrder)
	}
	o.poke()
}

func (o *orders) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// ordered runs a session, and tells whether an order has ended it. Then how it ended
// does not matter: the next one begins at what is recorded.
func (p *Pipeline) ordered(ctx context.Context, back *source.Backoff) (yes bool, err error) {
	over := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.orders.begin(cancel)
	defer p.orders.begin(nil)
	err = p.session(ctx, over, back)
	if !errors.Is(context.Cause(ctx), errOrder) {
		return false, err
	}
	p.o.Log.Info().Err(err).Msg("the session with Postgres has ended for an order")
	return true, nil
}

// begin makes it known how to end the session that begins. It takes what was ordered
// before, so that nothing has to be woken.
func (o *orders) begin(end context.CancelCauseFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.end, o.rest = end, nil
	if end == nil {
		return
	}
	select {
	case <-o.wake:
	default:
	}
}

// untilPause returns a context that ends with ctx and when the pipeline is to rest.
func (o *orders) untilPause(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest = cancel
	if o.resumed != nil {
		cancel()
	}
	return ctx
}

// resumption returns what is closed when the pause ends, nil if there is none.
func (o *orders) resumption() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.resumed
}

func (o *orders) wantsResync() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.resync
}

func (o *orders) resynced() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.resync = false
}

// wantsSkip returns where to skip to, or 0.
func (o *orders) wantsSkip() lsn.LSN {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.skip
}

// skipped ends that order, unless there is another one by now.
func (o *orders) skipped(to lsn.LSN) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.skip == to {
		o.skip = 0
	}
}
