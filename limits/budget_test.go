package limits_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/limits"
)

func TestBudget(t *testing.T) {
	b := limits.NewBudget(10)
	for _, c := range []struct {
		take int64
		want bool
	}{{6, true}, {5, false}, {math.MaxInt64, false}, {4, true}, {1, false}, {0, true}} {
		if got := b.Take(c.take); got != c.want {
			t.Errorf("Take(%d) with %d taken: got %v, want %v", c.take, b.Taken(), got, c.want)
		}
	}
	b.Give(6)
	if got := b.Taken(); got != 4 {
		t.Errorf("Taken: got %d, want 4", got)
	}
	if !b.Take(6) {
		t.Error("Take(6) after Give(6): got false, want true")
	}
}

func TestBudgetWithoutLimit(t *testing.T) {
	var zero limits.Budget
	for _, b := range []*limits.Budget{&zero, limits.NewBudget(0), limits.NewBudget(-1)} {
		for range 2 {
			if !b.Take(1 << 40) {
				t.Errorf("Take with %d taken: got false, want true", b.Taken())
			}
		}
		if got, want := b.Taken(), int64(2<<40); got != want {
			t.Errorf("Taken: got %d, want %d", got, want)
		}
	}
}

// TestBudgetAtOnce has goroutines fight for the last of it: together they get all
// that there is for pieces of their size and no more.
func TestBudgetAtOnce(t *testing.T) {
	const size, piece, workers, rounds = 1000, 7, 4, 500
	for range rounds {
		b := limits.NewBudget(size)
		var granted atomic.Int64
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for b.Take(piece) {
					granted.Add(piece)
				}
			})
		}
		wg.Wait()
		if want := int64(size / piece * piece); granted.Load() != want || b.Taken() != want {
			t.Fatalf("got %d granted and %d taken, want %d of both", granted.Load(), b.Taken(), want)
		}
	}
}
