package gate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/gate"
)

func TestOneAtATime(t *testing.T) {
	var g gate.Gate
	for range 2 { // as good as new when one has left
		err := g.Run(t.Context(), func(ctx context.Context) error {
			err := g.Run(ctx, func(context.Context) error {
				t.Error("two are inside at once")
				return nil
			})
			if !errors.Is(err, store.ErrBackupRunning) {
				t.Errorf("behind another: got %v, want %v", err, store.ErrBackupRunning)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("got %v, want no error", err)
		}
	}
}

func TestErrorOfTheWork(t *testing.T) {
	var g gate.Gate
	failed := errors.New("failed")
	if err := g.Run(t.Context(), func(context.Context) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("got %v, want %v", err, failed)
	}
}

func TestShutEndsWhoIsInside(t *testing.T) {
	var g gate.Gate
	begun, ended := make(chan struct{}), make(chan error, 1)
	left := false
	go func() {
		ended <- g.Run(t.Context(), func(inside context.Context) error {
			close(begun)
			<-inside.Done()
			left = true
			return inside.Err()
		})
	}()
	<-begun
	g.Shut()
	if !left {
		t.Error("shut returned before who was inside had left")
	}
	if err := <-ended; !errors.Is(err, store.ErrClosed) {
		t.Errorf("work that was ended: got %v, want %v", err, store.ErrClosed)
	}
	if err := g.Run(t.Context(), func(context.Context) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("when shut: got %v, want %v", err, store.ErrClosed)
	}
	g.Shut()
}

func TestContextOfTheCaller(t *testing.T) {
	var g gate.Gate
	ctx, cancel := context.WithCancel(t.Context())
	err := g.Run(ctx, func(inside context.Context) error {
		cancel()
		return inside.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
