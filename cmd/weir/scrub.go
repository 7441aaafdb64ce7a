package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/store"
)

// scrubs is the goroutine that reads everything that is stored, again and again,
// so that damage is found while there still is a backup without it.
type scrubs struct {
	store    store.Store
	interval time.Duration
	limit    *rate.Limiter
	log      zerolog.Logger
	figures  atomic.Pointer[metrics.Scrubs]

	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// scrubBurst is how many bytes may be read at once when nothing was for a while.
const scrubBurst = 4 << 20

// startScrubs begins to scrub a store as the configuration says, until stop. It
// returns nil, which may be used, when that is never.
func startScrubs(st store.Store, storage config.Storage, log zerolog.Logger) *scrubs {
	if !storage.Mode.OnDisk() || storage.ScrubInterval == 0 {
		return nil
	}
	limit := rate.Inf
	if storage.ScrubBytesPerSec > 0 {
		limit = rate.Limit(storage.ScrubBytesPerSec)
	}
	s := &scrubs{store: st, interval: storage.ScrubInterval, limit: rate.NewLimiter(limit, scrubBurst), log: log}
	s.figures.Store(&metrics.Scrubs{})
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.ended.Go(func() { s.loop(ctx) })
	return s
}

// stop ends the scrub that may be running, and waits for it.
func (s *scrubs) stop() {
	if s == nil {
		return
	}
	s.cancel()
	s.ended.Wait()
}

// collectors are what the metrics say of scrubs.
func (s *scrubs) collectors() []prometheus.Collector {
	if s == nil {
		return nil
	}
	return []prometheus.Collector{metrics.NewScrubs(func() metrics.Scrubs { return *s.figures.Load() })}
}

// loop begins with a wait of any part of the interval: servers that are started
// together do not scrub together, and one that is often restarted comes to it too.
func (s *scrubs) loop(ctx context.Context) {
	wait := time.NewTimer(rand.N(s.interval))
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		begun := time.Now()
		s.run(ctx)
		wait.Reset(max(0, s.interval-time.Since(begun)))
	}
}

// run scrubs once. Nobody can be told but the log and the metrics.
func (s *scrubs) run(ctx context.Context) {
	begun, damaged := time.Now(), int64(0)
	err := s.store.Scrub(ctx, store.ScrubOptions{
		Report: func(d store.CorruptionError) {
			damaged++
			s.log.Error().Str("file", d.File).Int64("offset", d.Offset).Str("stream", d.Stream).Str("reason", d.Reason).
				Msg("a scrub found stored bytes damaged; restore them from a backup")
		},
		Pace: s.pace,
	})
	switch {
	case ctx.Err() != nil:
		return
	case errors.Is(err, store.ErrClosed):
		return
	case err != nil:
		s.log.Warn().Err(err).Msg("a scrub could not read everything")
		return
	}
	last := s.figures.Load()
	s.figures.Store(&metrics.Scrubs{Runs: last.Runs + 1, Damaged: damaged, Ended: time.Now()})
	s.log.Info().Int64("damaged", damaged).Float64("secs", time.Since(begun).Seconds()).Msg("scrub completed")
}

// pace returns when so many more bytes may be read.
func (s *scrubs) pace(ctx context.Context, bytes int) error {
	for bytes > 0 {
		n := min(bytes, scrubBurst)
		if err := s.limit.WaitN(ctx, n); err != nil {
			return err
		}
		bytes -= n
	}
	return nil
}
