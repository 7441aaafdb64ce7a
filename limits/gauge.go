package limits

import "sync/atomic"

// Gauge counts things that exist at the same time, such as subscribers, and
// holds them to a ceiling. The zero value counts without one. Its methods may be
// called at once from many goroutines and never block. A Gauge must not be
// copied after first use.
type Gauge struct {
	ceiling int64
	inUse   atomic.Int64
}

// NewGauge returns a gauge that admits ceiling things at a time. A ceiling of
// zero or less means no limit.
func NewGauge(ceiling int64) *Gauge {
	return &Gauge{ceiling: ceiling}
}

// Acquire counts one thing more and reports whether there was room. Whoever got
// true calls Release once, when the thing is gone.
func (g *Gauge) Acquire() bool {
	if g.ceiling <= 0 {
		g.inUse.Add(1)
		return true
	}
	// Counting first and taking back on refusal would let a crowd of refused
	// callers keep out one for whom there is room.
	for {
		n := g.inUse.Load()
		if n >= g.ceiling {
			return false
		}
		if g.inUse.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release gives back what one successful Acquire took.
func (g *Gauge) Release() {
	g.inUse.Add(-1)
}

// InUse returns how many things exist at the moment.
func (g *Gauge) InUse() int64 {
	return g.inUse.Load()
}
