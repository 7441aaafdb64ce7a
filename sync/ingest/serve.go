package ingest

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// Run reads the database until ctx ends, connecting again whenever it has to, and
// watches the slot meanwhile. It returns nil when ctx has ended, or else what somebody
// has to mend. Run or Serve is called once.
func (p *Pipeline) Run(ctx context.Context) error {
	defer p.watch(ctx)()
	err := p.run(ctx)
	if err == nil {
		p.leave()
	}
	return err
}

// Serve is Run for a server: a pipeline that cannot go on says so in its state and in
// the log, and waits, with the slot watched, until Resume, Resync, SkipTo or Refresh has it
// try again. It returns when ctx has ended.
func (p *Pipeline) Serve(ctx context.Context) {
	defer p.watch(ctx)()
	defer p.leave()
	for {
		err := p.run(ctx)
		if err == nil {
			return
		}
		p.o.Log.Error().Err(err).Msg("ingestion has stopped until somebody mends this and has it go on, by POST /sync/resume or by a new start of the server")
		select {
		case <-ctx.Done():
			p.state.enter(StateStopped, nil)
			return
		case <-p.orders.wake:
		}
	}
}

// watch watches the slot until it is told to stop.
func (p *Pipeline) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	m := monitor.New(monitor.Options{
		Slot: p.o.Slot, Application: source.ApplicationName(p.o.Source.Pipeline),
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return p.target.Query(ctx, source.ReadOnly) },
		Ours:    p.hasSlot,
		Lag:     func() time.Duration { return p.Status().Lag },
		Seen:    p.seen,
		Limits:  p.o.Limits, Every: p.o.MonitorEvery, Log: p.o.Log,
	})
	var done sync.WaitGroup
	done.Go(func() { m.Run(ctx) })
	return func() {
		cancel()
		done.Wait()
	}
}

// seen notes what the server says of the slot.
func (p *Pipeline) seen(r monitor.Reading) {
	p.state.change(func(s *Status) { s.Row, s.Server = r.Slot, &r })
}

// short tells whether the slot runs out of room, as far as was seen.
func (p *Pipeline) short() bool {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	r := p.state.s.Server
	return r != nil && r.Short()
}

// hasSlot tells whether the slot was made by this pipeline.
func (p *Pipeline) hasSlot(ctx context.Context) (bool, error) {
	rec, err := loadRecord(ctx, p.o.Sink)
	if err != nil {
		return false, err
	}
	return rec.begun() && rec.Slot == p.o.Slot, nil
}
