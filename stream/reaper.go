package stream

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weirstreams/weir/store"
)

// The reaper looks every reapInterval for streams whose time has come, and takes
// them a batch at a time, so that many that expire together neither flood the
// store nor wait for one another.
const (
	reapInterval = 500 * time.Millisecond
	reapBatch    = 256
	reapAtOnce   = 32
)

// reapLoop removes what has expired and frees what was deleted, so that bytes
// and references are given back also of streams that nobody asks for, and keeps
// the leases of streams with live readers ahead of time.
func (e *Engine) reapLoop(ctx context.Context) {
	t := time.NewTicker(reapInterval)
	defer t.Stop()
	began := time.Now()
	var clock clockWatch
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		e.pins.renew()
		now := time.Now()
		leapt, trusted := clock.look(now.Round(0).Sub(began.Round(0)), now.Sub(began))
		if leapt {
			e.log.Warn().Dur("rest", clockRest).Msg("the clock was set ahead; expired streams are not removed for a while, in case that was a mistake")
		}
		if trusted {
			all := e.reapDue(ctx)
			e.counters.lastRun.Store(&ReaperCounts{LastRun: time.Now(), Behind: !all})
		}
	}
}

// reapDue handles what is due, a bounded number of batches at a time, and reports
// whether it came to the end of it.
func (e *Engine) reapDue(ctx context.Context) (all bool) {
	const batches = 64
	for range batches {
		names, err := e.store.Due(now(), reapBatch)
		if isDamage(e.noteDamage(err)) {
			return false
		}
		if err != nil {
			e.log.Warn().Err(err).Msg("looking for expired streams failed")
			return false
		}
		if !e.reapAll(ctx, names) {
			return false
		}
		if len(names) < reapBatch {
			return true
		}
	}
	return false
}

// reapAll reports whether every stream was handled, so that the same ones do not
// come up again at once.
func (e *Engine) reapAll(ctx context.Context, names []string) bool {
	var g errgroup.Group
	g.SetLimit(reapAtOnce)
	for _, name := range names {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return e.reap(name) })
	}
	err := g.Wait()
	if err != nil && !isDamage(err) {
		e.log.Warn().Err(err).Msg("removing an expired stream failed")
	}
	return err == nil && ctx.Err() == nil
}

// reap removes a stream when its time has come.
func (e *Engine) reap(name string) error {
	s, err := e.acquire(name)
	if err != nil {
		var refusal *Error
		if errors.As(err, &refusal) && refusal.Code == CodeNotFound {
			return nil
		}
		return err
	}
	defer e.release(s)
	at := now()
	s.mu.Lock()
	hidden := s.deleted
	expired := s.expiredLocked(at)
	lease := leaseFor(max(s.config.TTL, 0), at)
	s.mu.Unlock()
	switch {
	case hidden || expired:
		did, err := e.remove(s, always)
		if did && !hidden { // what is hidden was counted when it came to be
			e.counters.expired.Add(1)
		}
		return err
	case s.config.TTL != NoTTL:
		// A live reader holds it open.
		return s.commit(store.Change{Expires: lease})
	default:
		return nil
	}
}
