package snapshot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Visits is the Gate of one session with the stream of changes: calls wait in it
// until the goroutine that handles the changes lets them in. It is made by NewVisits.
type Visits struct {
	ended chan struct{}
	some  atomic.Bool // there may be waiting ones; spares the lock for each message

	mu      sync.Mutex // guards what follows
	waiting []*visit
	closed  bool
}

// visit is one call of Do.
type visit struct {
	at  lsn.LSN
	f   func(Streams) error
	ran chan ran // of one element
}

// ran is what came of a visit.
type ran struct {
	err     error
	settled <-chan struct{}
}

// ErrClosed says that the session with the stream of changes has ended.
var ErrClosed = errors.New("the session with the stream of changes has ended")

// NewVisits returns a gate that nobody tends yet.
func NewVisits() *Visits { return &Visits{ended: make(chan struct{})} }

// Do implements Gate. It returns ErrClosed after Close; what f has appended may or
// may not be durable then.
func (v *Visits) Do(ctx context.Context, at lsn.LSN, f func(Streams) error, nudge func()) error {
	one := &visit{at: at, f: f, ran: make(chan ran, 1)}
	if !v.enter(one) {
		return ErrClosed
	}
	if nudge != nil {
		nudge()
	}
	var r ran
	select {
	case r = <-one.ran:
	case <-ctx.Done():
		if v.leave(one) {
			return ctx.Err()
		}
		r = <-one.ran // it was let in, so it comes to its end
	}
	if r.err != nil {
		return r.err
	}
	select {
	case <-r.settled:
		return nil
	case <-v.ended:
		return ErrClosed
	}
}

func (v *Visits) enter(one *visit) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return false
	}
	v.waiting = append(v.waiting, one)
	v.some.Store(true)
	return true
}

// leave takes a visit back unless it was let in.
func (v *Visits) leave(one *visit) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := slices.Index(v.waiting, one)
	if i >= 0 {
		v.waiting = slices.Delete(v.waiting, i, i+1)
	}
	return i >= 0
}

// Let runs the calls that wait for an LSN up to end, between two transactions. It
// returns nil if there were none, or else a channel to be closed when everything that
// they have appended to s is durable.
func (v *Visits) Let(end lsn.LSN, s Streams) chan struct{} {
	if !v.some.Load() {
		return nil
	}
	due := v.due(end)
	if len(due) == 0 {
		return nil
	}
	settled := make(chan struct{})
	for _, one := range due {
		one.ran <- ran{err: one.f(s), settled: settled}
	}
	return settled
}

func (v *Visits) due(end lsn.LSN) []*visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	var due []*visit
	v.waiting = slices.DeleteFunc(v.waiting, func(one *visit) bool {
		if one.at > end {
			return false
		}
		due = append(due, one)
		return true
	})
	v.some.Store(len(v.waiting) > 0)
	return due
}

// Close lets nobody in any more. It is called when the goroutine has ended.
func (v *Visits) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return
	}
	v.closed = true
	close(v.ended)
	for _, one := range v.waiting {
		one.ran <- ran{err: ErrClosed}
	}
	v.waiting = nil
}
