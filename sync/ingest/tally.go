package ingest

import (
	"slices"
	"sync/atomic"
	"time"
)

// Bounds of the classes, of sizes in bytes and of times in nanoseconds.
var (
	sizeBounds = []int64{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20, 1 << 30, 4 << 30}
	timeBounds = nanoseconds(
		time.Millisecond, 2*time.Millisecond, 5*time.Millisecond, 10*time.Millisecond, 20*time.Millisecond, 50*time.Millisecond,
		100*time.Millisecond, 200*time.Millisecond, 500*time.Millisecond, time.Second, 2*time.Second, 5*time.Second,
		10*time.Second, 30*time.Second, time.Minute, 5*time.Minute, time.Hour)
)

func nanoseconds(all ...time.Duration) []int64 {
	n := make([]int64, len(all))
	for i, d := range all {
		n[i] = d.Nanoseconds()
	}
	return n
}

// tally counts values in classes. It may be used from several goroutines.
type tally struct {
	bounds []int64        // of the classes, ascending; each class has its bound in it
	counts []atomic.Int64 // of each class, and of what is above them all
	total  *atomic.Int64
}

func newTally(bounds []int64) tally {
	return tally{bounds: bounds, counts: make([]atomic.Int64, len(bounds)+1), total: new(atomic.Int64)}
}

func (t *tally) observe(v int64) {
	v = max(v, 0)
	class, _ := slices.BinarySearch(t.bounds, v)
	t.counts[class].Add(1)
	t.total.Add(v)
}

func (t *tally) distribution() Distribution {
	d := Distribution{UpTo: t.bounds, Below: make([]int64, len(t.bounds)), Sum: t.total.Load()}
	for i := range t.bounds {
		d.Count += t.counts[i].Load()
		d.Below[i] = d.Count
	}
	d.Count += t.counts[len(t.bounds)].Load()
	return d
}

// Distribution is how often values were of which size.
type Distribution struct {
	// UpTo are bounds, ascending, and never changed. Below counts the values up to
	// each, the smaller ones and the bound included.
	UpTo, Below []int64
	// Count is of all values, those above the last bound included, and Sum is theirs.
	Count, Sum int64
}
