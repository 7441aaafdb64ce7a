package store

import (
	"slices"
	"sync/atomic"
	"time"
)

// Distribution counts how large the values were that it has observed, in classes
// of 1, 2, 5, 10, 20, 50 and so on. Its methods may be called at once from many
// goroutines. Make one with NewSizes or NewTimes.
type Distribution struct {
	bounds []int64        // of the classes, ascending; each class has its bound in it
	counts []atomic.Int64 // of each class, and of what is above them all
	sum    atomic.Int64
}

// NewSizes returns a distribution of counts, in classes from 1 to 10,000.
func NewSizes() *Distribution { return newDistribution(1, 4) }

// NewTimes returns a distribution of durations in nanoseconds, in classes from a
// microsecond to ten seconds.
func NewTimes() *Distribution { return newDistribution(time.Microsecond.Nanoseconds(), 7) }

// newDistribution has classes from one bound on, over so many powers of ten.
func newDistribution(from int64, powers int) *Distribution {
	var bounds []int64
	for range powers {
		bounds = append(bounds, from, 2*from, 5*from)
		from *= 10
	}
	bounds = append(bounds, from)
	return &Distribution{bounds: bounds, counts: make([]atomic.Int64, len(bounds)+1)}
}

// Observe counts one value; a negative one counts as 0. It takes a few nanoseconds
// and allocates nothing.
func (d *Distribution) Observe(v int64) {
	v = max(v, 0)
	class, _ := slices.BinarySearch(d.bounds, v)
	d.counts[class].Add(1)
	d.sum.Add(v)
}

// Since counts the time from an instant to now.
func (d *Distribution) Since(begun time.Time) { d.Observe(time.Since(begun).Nanoseconds()) }

// Histogram is what a Distribution has observed up to some moment.
type Histogram struct {
	Buckets []Bucket // ascending
	Count   int64    // of all values, those above the last bucket included
	Sum     int64    // of all values
}

// Bucket counts the values up to a bound, the smaller ones and the bound included.
type Bucket struct {
	UpTo  int64
	Count int64
}

// Snapshot returns what was observed. Counts agree with one another; Sum may have
// a value that they lack, or lack one of theirs, when it is observed meanwhile.
func (d *Distribution) Snapshot() Histogram {
	h := Histogram{Buckets: make([]Bucket, len(d.bounds))}
	for i, bound := range d.bounds {
		h.Count += d.counts[i].Load()
		h.Buckets[i] = Bucket{UpTo: bound, Count: h.Count}
	}
	h.Count += d.counts[len(d.bounds)].Load()
	h.Sum = d.sum.Load()
	return h
}
