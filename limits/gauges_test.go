package limits_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/limits"
)

// TestGauges compares with a count by hand.
func TestGauges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ceiling := rapid.Int64Range(0, 3).Draw(t, "ceiling")
		g := limits.NewGauges(ceiling)
		count := map[uint64]int64{}
		t.Repeat(map[string]func(*rapid.T){
			"acquire": func(t *rapid.T) {
				key := rapid.Uint64Range(0, 40).Draw(t, "key")
				want := ceiling == 0 || count[key] < ceiling
				if got := g.Acquire(key); got != want {
					t.Fatalf("acquire %d with %d in use of %d: got %v, want %v", key, count[key], ceiling, got, want)
				}
				if want {
					count[key]++
				}
			},
			"release": func(t *rapid.T) {
				key := rapid.Uint64Range(0, 40).Draw(t, "key")
				if count[key] > 0 {
					g.Release(key)
					count[key]--
				}
			},
			"": func(t *rapid.T) {
				for key, want := range count {
					if got := g.InUse(key); got != want {
						t.Fatalf("in use of %d: got %d, want %d", key, got, want)
					}
				}
			},
		})
	})
}

// TestGaugesAtOnce has goroutines fight for the last places of one key.
func TestGaugesAtOnce(t *testing.T) {
	const ceiling, workers, key = 500, 4, 7
	g := limits.NewGauges(ceiling)
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for g.Acquire(key) {
				admitted.Add(1)
			}
		})
	}
	wg.Wait()
	if got := admitted.Load(); got != ceiling || g.InUse(key) != ceiling {
		t.Errorf("got %d admitted and %d in use, want %d of both", got, g.InUse(key), ceiling)
	}
}
