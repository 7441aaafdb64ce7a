package httpapi

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// drain is how a server that stops lets its live readers go: not all at once, or
// all of them would come back to the next server at once.
type drain struct {
	retired atomic.Bool   // nobody should send requests here any more
	once    sync.Once     // guards what follows, up to the closing of begun
	begun   chan struct{} // closed when the live reads are to end
	start   time.Time     // of that
	over    time.Duration // in which they do
}

const (
	// perReader bounds the readers that come back in a second, when there is time.
	perReader = time.Millisecond
	// departures is the number of instants at which readers leave. A room looks at
	// all its readers at each of them.
	departures = 64
)

func (d *drain) init() { d.begun = make(chan struct{}) }

// begin ends the live reads, of which there are so many, in at most a given time.
func (d *drain) begin(readers int64, within time.Duration) {
	d.once.Do(func() {
		d.retired.Store(true)
		d.start, d.over = time.Now(), max(min(within, time.Duration(readers)*perReader), 0)
		close(d.begun)
	})
}

// departure is when a live reader is to leave, once draining has begun.
func (d *drain) departure() time.Time {
	return d.start.Add(d.over * rand.N(time.Duration(departures)) / departures)
}

// Retire makes /readyz say that the server is about to stop, so that no more
// requests are sent here. All that come are served.
func (h *Handler) Retire() { h.drain.retired.Store(true) }

// Drain ends the live reads: long-polls are answered, SSE connections get a last
// control event. They end one after another, some thousand a second, but all
// within the given time. It returns at once; the server waits for the requests.
func (h *Handler) Drain(within time.Duration) {
	h.drain.begin(h.opts.Subscribers.InUse(), within)
}

// Close drains at once what Drain has not been called for, and returns when the
// connections have ended that were taken over from the server. Those that are left
// when ctx is done are cut off, which is an error. The caller has shut the server
// down before.
func (h *Handler) Close(ctx context.Context) error {
	h.Drain(0)
	if err := h.rooms.Close(ctx); err != nil {
		return fmt.Errorf("end subscriptions: %w", err)
	}
	return nil
}

// isDraining reports whether live reads are to end.
func (h *Handler) isDraining() bool {
	select {
	case <-h.drain.begun:
		return true
	default:
		return false
	}
}
