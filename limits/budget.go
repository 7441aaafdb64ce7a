package limits

import "sync/atomic"

// Budget is an amount that many share, such as bytes of memory. The zero value
// grants whatever it is asked for. Its methods may be called at once from many
// goroutines and never block. A Budget must not be copied after first use.
type Budget struct {
	size  int64
	taken atomic.Int64
}

// NewBudget returns a budget of a size. A size of zero or less means no limit.
func NewBudget(size int64) *Budget { return &Budget{size: size} }

// Take takes n, which is not negative, and reports whether there was as much.
// Whoever got true gives it back when it is not used any more.
func (b *Budget) Take(n int64) bool {
	if b.size <= 0 {
		b.taken.Add(n)
		return true
	}
	for {
		taken := b.taken.Load()
		if n > b.size-taken {
			return false
		}
		if b.taken.CompareAndSwap(taken, taken+n) {
			return true
		}
	}
}

// Give gives back n of what was taken.
func (b *Budget) Give(n int64) { b.taken.Add(-n) }

// Taken returns how much is taken at the moment.
func (b *Budget) Taken() int64 { return b.taken.Load() }
