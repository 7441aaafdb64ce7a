package store_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
)

// TestDistributionCountsEveryValue: each bucket has exactly the values up to its
// bound, whatever they are.
func TestDistributionCountsEveryValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := store.NewSizes()
		values := rapid.SliceOf(rapid.OneOf(
			rapid.Int64Range(-2, 20_000),
			rapid.SampledFrom([]int64{0, 1, 2, 5, 10, 5000, 10_000, 10_001, math.MinInt64, 1 << 40}),
		)).Draw(t, "values")
		sum := int64(0)
		for _, v := range values {
			d.Observe(v)
			sum += max(v, 0)
		}
		h := d.Snapshot()
		if h.Count != int64(len(values)) || h.Sum != sum {
			t.Fatalf("got %d values of %d together, want %d of %d", h.Count, h.Sum, len(values), sum)
		}
		for _, b := range h.Buckets {
			want := int64(0)
			for _, v := range values {
				if v <= b.UpTo {
					want++
				}
			}
			if b.Count != want {
				t.Fatalf("values up to %d: got %d, want %d", b.UpTo, b.Count, want)
			}
		}
	})
}

func TestDistributionBounds(t *testing.T) {
	for _, test := range []struct {
		name        string
		d           *store.Distribution
		classes     int
		first, last int64
	}{
		{"sizes", store.NewSizes(), 13, 1, 10_000},
		{"times", store.NewTimes(), 22, time.Microsecond.Nanoseconds(), (10 * time.Second).Nanoseconds()},
	} {
		b := test.d.Snapshot().Buckets
		if len(b) != test.classes || b[0].UpTo != test.first || b[len(b)-1].UpTo != test.last {
			t.Errorf("%s: got %v, want %d bounds from %d to %d", test.name, b, test.classes, test.first, test.last)
		}
		for i := 1; i < len(b); i++ {
			if b[i].UpTo < 2*b[i-1].UpTo || 2*b[i].UpTo > 5*b[i-1].UpTo {
				t.Errorf("%s: got bound %d after %d, want one 2 or 2.5 times as large", test.name, b[i].UpTo, b[i-1].UpTo)
			}
		}
	}
}

func TestDistributionOfManyWriters(t *testing.T) {
	const writers, each = 4, 1000
	d := store.NewTimes()
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				d.Since(time.Now())
			}
		})
	}
	last := int64(0)
	for range each {
		h := d.Snapshot()
		if h.Count < last || h.Buckets[len(h.Buckets)-1].Count > h.Count {
			t.Fatalf("got %+v after %d values, want none to go missing", h, last)
		}
		last = h.Count
	}
	group.Wait()
	if got := d.Snapshot().Count; got != writers*each {
		t.Errorf("in the end: got %d values, want %d", got, writers*each)
	}
}

func BenchmarkObserve(b *testing.B) {
	d := store.NewTimes()
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		d.Observe(i % 100_000_000)
	}
}
