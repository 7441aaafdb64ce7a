package limits_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/limits"
)

func TestGauge(t *testing.T) {
	g := limits.NewGauge(2)
	for i, want := range []bool{true, true, false, false} {
		if got := g.Acquire(); got != want {
			t.Errorf("Acquire %d: got %v, want %v", i, got, want)
		}
	}
	if got := g.InUse(); got != 2 {
		t.Errorf("InUse: got %d, want 2", got)
	}
	g.Release()
	if !g.Acquire() {
		t.Error("Acquire after Release: got false, want true")
	}
}

func TestGaugeWithoutCeiling(t *testing.T) {
	var zero limits.Gauge
	for _, g := range []*limits.Gauge{&zero, limits.NewGauge(0), limits.NewGauge(-1)} {
		for range 1000 {
			if !g.Acquire() {
				t.Fatalf("Acquire at %d: got false, want true", g.InUse())
			}
		}
		g.Release()
		if got := g.InUse(); got != 999 {
			t.Errorf("InUse: got %d, want 999", got)
		}
	}
}

// TestGaugeAtOnce has goroutines fight for the last places, many times over:
// together they must get every place and not one more.
func TestGaugeAtOnce(t *testing.T) {
	const ceiling, workers, rounds = 200, 4, 500
	for range rounds {
		g := limits.NewGauge(ceiling)
		var admitted atomic.Int64
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for g.Acquire() {
					admitted.Add(1)
				}
			})
		}
		wg.Wait()
		if got := admitted.Load(); got != ceiling || g.InUse() != ceiling {
			t.Fatalf("got %d admitted and %d in use, want %d of both", got, g.InUse(), ceiling)
		}
	}
}
