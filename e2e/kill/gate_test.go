package kill_test

import (
	"context"
	"sync"
	"sync/atomic"
)

// era is the life of one server process, as its clients see it.
type era struct {
	// starting is true while the process may not listen yet, and dying once it
	// may be dead. Only then may a request get no answer.
	starting, dying atomic.Bool
	acked           func() // to be called at each acknowledgement
}

// shaky reports whether a request may get no answer just now.
func (e *era) shaky() bool {
	return e.starting.Load() || e.dying.Load()
}

// gate lets clients ask the server only during eras, and lets the one who ends
// an era wait until every request has come to its end.
type gate struct {
	mu     sync.Mutex
	era    *era // nil while closed
	opened chan struct{}
	inside sync.WaitGroup // grows only while era is set, under mu
}

func newGate() *gate {
	return &gate{opened: make(chan struct{})}
}

// enter waits for an era. Without an error, leave must follow.
func (g *gate) enter(ctx context.Context) (*era, error) {
	for {
		g.mu.Lock()
		era, opened := g.era, g.opened
		if era != nil && ctx.Err() == nil {
			g.inside.Add(1)
			g.mu.Unlock()
			return era, nil
		}
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-opened:
		}
	}
}

func (g *gate) leave() {
	g.inside.Done()
}

func (g *gate) open(e *era) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.era = e
	close(g.opened)
}

// close ends the era and waits until nobody is inside.
func (g *gate) close() {
	g.mu.Lock()
	g.era, g.opened = nil, make(chan struct{})
	g.mu.Unlock()
	g.inside.Wait()
}
