package stream

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store"
)

// Options set an Engine's bounds. The zero value, and nil, are the defaults.
type Options struct {
	// PageBytes is the most that one page of a read holds, unless a single
	// message is larger. Default 1 MiB.
	PageBytes int64
	// MaxStreamBytes bounds the bytes of one stream, those inherited by a fork
	// included. 0: no limit.
	MaxStreamBytes int64
	// MaxStreams bounds the streams stored. 0: no limit.
	MaxStreams int64
	// Log receives what background work meets. Default: nothing.
	Log *zerolog.Logger
}

const defaultPageBytes = 1 << 20

// Engine is all the streams of one store. Its methods may be called at once from
// many goroutines.
//
// Only streams in use are held in memory: each is loaded when it is first asked
// for and let go some time after its last use.
type Engine struct {
	store store.Store
	opts  Options
	log   zerolog.Logger

	active  registry
	pins    pinned
	damages damages
	configs store.Configs
	owners  owners

	counters counters

	janitors sync.WaitGroup
	stop     context.CancelFunc
}

// New returns an engine on st, which stays the caller's to close, after Close
// of the engine. It starts the background work; Close ends it.
func New(st store.Store, o *Options) *Engine {
	e := &Engine{store: st, log: zerolog.Nop()}
	if o != nil {
		e.opts = *o
	}
	if e.opts.PageBytes <= 0 {
		e.opts.PageBytes = defaultPageBytes
	}
	if e.opts.Log != nil {
		e.log = *e.opts.Log
	}
	e.active.init()
	e.pins.init()
	e.counters.init()
	ctx, cancel := context.WithCancel(context.Background())
	e.stop = cancel
	e.janitors.Go(func() { e.reapLoop(ctx) })
	e.janitors.Go(func() { e.evictLoop(ctx) })
	return e
}

// Close ends the background work and waits for it, and lets go of every stream
// that is not in use. The caller has ended all requests before.
func (e *Engine) Close() {
	e.stop()
	e.janitors.Wait()
	e.evict(func(*Stream) bool { return true })
}

// Health returns nil while the engine's store takes changes, else the reason.
func (e *Engine) Health() error { return e.store.Health() }

// Stats returns the store's figures and the number of streams in memory.
func (e *Engine) Stats() (st store.Stats, active int) { return e.store.Stats(), e.active.len() }

// acquire returns the stream of this name, loaded and held; the caller releases
// it. A stream that is being created or deleted is waited for.
func (e *Engine) acquire(name string) (*Stream, error) {
	for {
		s, mine := e.active.enter(e, name)
		if mine {
			if err := e.load(s); err != nil {
				return nil, err
			}
			return s, nil
		}
		if s.wait() {
			return s, nil
		}
		e.release(s)
	}
}

// load fills a stream that this goroutine has entered, from the store.
func (e *Engine) load(s *Stream) error {
	h, err := e.store.Open(s.name)
	if err != nil {
		e.abandon(s)
		return fromStore(e.noteDamage(err))
	}
	m := h.Meta()
	if f := m.Config.Fork; f != nil {
		// A source outlives its forks, so it is there; it is held as long as
		// the fork is in memory.
		src, err := e.acquire(f.Source)
		if err != nil {
			h.Release()
			e.abandon(s)
			return err
		}
		s.source = src
	}
	s.fill(h, m)
	s.enter(there)
	return nil
}

// abandon takes back a stream that could not be loaded or created.
func (e *Engine) abandon(s *Stream) {
	e.active.remove(s)
	s.enter(vanished)
	e.release(s)
}

// release gives back a stream that acquire returned.
func (e *Engine) release(s *Stream) { e.active.leave(s) }

// now is the engine's clock in Unix milliseconds.
func now() int64 { return time.Now().UnixMilli() }
