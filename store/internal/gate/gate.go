// Package gate lets long work on a store in, one piece at a time, and ends it
// when the store closes. Start with Gate.
package gate

import (
	"context"
	"errors"
	"sync"
)

// What Enter may say.
var (
	// ErrBusy: somebody is inside.
	ErrBusy = errors.New("other work of the kind is under way")
	// ErrShut: the gate has been shut.
	ErrShut = errors.New("shut")
)

// Gate is open, and nobody is inside, when it is zero. Its methods may be called
// at once from many goroutines.
type Gate struct {
	mu     sync.Mutex // guards what follows
	shut   bool
	cancel context.CancelFunc // of who is inside, else nil
	left   chan struct{}      // closed when who is inside leaves
}

// Enter lets one in at a time. The context ends with ctx, and when the gate is
// shut. leave is called once, at the end of the work.
func (g *Gate) Enter(ctx context.Context) (inside context.Context, leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.shut:
		return nil, nil, ErrShut
	case g.cancel != nil:
		return nil, nil, ErrBusy
	}
	inside, cancel := context.WithCancelCause(ctx)
	left := make(chan struct{})
	g.cancel, g.left = func() { cancel(ErrShut) }, left
	return inside, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.cancel = nil
		cancel(nil)
		close(left)
	}, nil
}

// Shut lets nobody in any more, ends the context of who is inside, and returns
// when they have left.
func (g *Gate) Shut() {
	g.mu.Lock()
	g.shut = true
	cancel, left := g.cancel, g.left
	g.mu.Unlock()
	if cancel != nil {
		cancel()
		<-left
	}
}
