package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// Pipeline is one database on its way into streams.
type Pipeline struct {
	o        Options
	slotBase string // what o.Slot was made of, "" if it is as configured
	target   *source.Target
	state    state
	orders   orders
	measures *measures
	copier   atomic.Pointer[snapshot.Copier] // of the present session or the last one
	stuck    bool                            // the last stream was; of the goroutine in run
	// walsender is the last session that had the lock, zero before the first and
	// without Takeover; of the goroutine in run.
	walsender source.Backend
	streams   *bounded // what o.Sink is, if it is not nil
	resolver  resolver
	stalled   bool        // the last session left goroutines with the sink; of the goroutine in run
	heartless atomic.Bool // the role may send no heartbeats, which was said
}

// New returns a pipeline that does nothing yet. Its errors hold no secret.
func New(o Options) (*Pipeline, error) {
	target, err := source.NewTarget(o.Source)
	if err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", o.Source.Pipeline, err)
	}
	base := ""
	if o.Forgetful && !o.Temporary && o.Sink != nil {
		base, o.DropSlot = o.Slot, true
		if o.Slot, err = instanceSlot(base, o.Source.Pipeline); err != nil {
			return nil, fmt.Errorf("pipeline %s: %w", o.Source.Pipeline, err)
		}
	}
	streams := &bounded{Sink: o.Sink, max: o.MaxStreams}
	if o.Sink != nil {
		o.Sink = streams
	}
	return &Pipeline{
		o: o, slotBase: base, target: target, streams: streams, orders: orders{wake: make(chan struct{}, 1)}, measures: newMeasures(),
		resolver: net.DefaultResolver.LookupNetIP,
	}, nil
}

// run runs one session after another until ctx ends, which is no error, or until
// somebody has to mend something.
func (p *Pipeline) run(ctx context.Context) error {
	back := source.Backoff{Min: p.o.BackoffMin, Max: p.o.BackoffMax}
	for {
		ordered, err := p.ordered(ctx, &back)
		if ctx.Err() != nil {
			p.state.enter(StateStopped, err)
			return nil
		}
		if ordered {
			continue
		}
		pause, class := back.Failed(err, time.Now())
		if class == source.Stop || classify(err) == source.Stop {
			p.state.enter(StateFailed, err)
			return fmt.Errorf("pipeline %s: %w", p.o.Source.Pipeline, err)
		}
		pause = max(pause, patience(err))
		p.state.reconnect(class, err)
		p.logEnd(err, class, pause)
		select {
		case <-ctx.Done():
		case <-p.orders.wake:
		case <-time.After(pause):
		}
	}
}

// logEnd says why a session has ended and what comes next.
func (p *Pipeline) logEnd(err error, class source.Class, pause time.Duration) {
	log := p.o.Log.Warn()
	switch {
	case errors.Is(err, source.ErrEnded):
		log = p.o.Log.Info()
	case class == source.Once:
		log = p.o.Log.Error()
	}
	log.Err(err).Stringer("class", class).Stringer("again_in", pause.Round(time.Millisecond)).
		Msg("the session with Postgres has ended")
}

// Check connects and returns everything that stands in the way of a session, and
// what is to be said besides. It changes nothing in the database. Without a Sink it
// leaves out what only the pipeline's record tells: whether the slot is where the
// streams are.
func (p *Pipeline) Check(ctx context.Context) ([]checks.Finding, error) {
	rec := &record{Intent: true}
	if p.o.Sink != nil {
		var err error
		if rec, err = loadRecord(ctx, p.o.Sink); err != nil {
			return nil, err
		}
	}
	f, err := p.look(ctx, rec)
	return f.findings, err
}
