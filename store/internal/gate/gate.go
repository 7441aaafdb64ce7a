// Package gate lets backups of a store in, one at a time, and ends them when the
// store closes. Start with Gate.
package gate

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/weirstreams/weir/store"
)

// Gate is open, and nobody is inside, when it is zero. Its methods may be called
// at once from many goroutines.
type Gate struct {
	mu     sync.Mutex // guards what follows
	shut   bool
	cancel context.CancelFunc // of who is inside, else nil
	left   chan struct{}      // closed when who is inside leaves
}

// Run makes a backup when no other is being made, which is
// store.ErrBackupRunning. The context of work ends with ctx, and when the gate is
// shut: then, and when it was shut before, the error is store.ErrClosed.
func (g *Gate) Run(ctx context.Context, work func(context.Context) error) error {
	inside, leave, err := g.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	err = work(inside)
	switch {
	case errors.Is(context.Cause(inside), store.ErrClosed):
		return store.ErrClosed
	case err != nil:
		return fmt.Errorf("back up: %w", err)
	default:
		return nil
	}
}

func (g *Gate) enter(ctx context.Context) (inside context.Context, leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.shut:
		return nil, nil, store.ErrClosed
	case g.cancel != nil:
		return nil, nil, store.ErrBackupRunning
	}
	inside, cancel := context.WithCancelCause(ctx)
	left := make(chan struct{})
	g.cancel, g.left = func() { cancel(store.ErrClosed) }, left
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
