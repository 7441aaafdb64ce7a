package gate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/weirstreams/weir/store/internal/gate"
)

func TestOneAtATime(t *testing.T) {
	var g gate.Gate
	for range 2 { // as good as new when one has left
		_, leave, err := g.Enter(t.Context())
		if err != nil {
			t.Fatalf("enter: got %v, want no error", err)
		}
		if _, _, err := g.Enter(t.Context()); !errors.Is(err, gate.ErrBusy) {
			t.Errorf("enter behind another: got %v, want %v", err, gate.ErrBusy)
		}
		leave()
	}
}

func TestShutEndsWhoIsInside(t *testing.T) {
	var g gate.Gate
	inside, leave, err := g.Enter(t.Context())
	if err != nil {
		t.Fatalf("enter: got %v, want no error", err)
	}
	left := false
	go func() {
		<-inside.Done()
		left = true
		leave()
	}()
	g.Shut()
	if !left {
		t.Error("shut returned before who was inside had left")
	}
	if got := context.Cause(inside); !errors.Is(got, gate.ErrShut) {
		t.Errorf("cause of the end: got %v, want %v", got, gate.ErrShut)
	}
	if _, _, err := g.Enter(t.Context()); !errors.Is(err, gate.ErrShut) {
		t.Errorf("enter when shut: got %v, want %v", err, gate.ErrShut)
	}
	g.Shut()
}

func TestContextOfTheCaller(t *testing.T) {
	var g gate.Gate
	ctx, cancel := context.WithCancel(t.Context())
	inside, leave, err := g.Enter(ctx)
	if err != nil {
		t.Fatalf("enter: got %v, want no error", err)
	}
	defer leave()
	cancel()
	if inside.Err() == nil {
		t.Error("context inside: got it alive, want it to end with the caller's")
	}
}
