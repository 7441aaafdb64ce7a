package limits

import "sync"

// Gauges counts things that exist at the same time by what they belong to, such as
// the subscribers of each stream, and holds each count to one ceiling. What nothing
// belongs to costs nothing. The zero value counts without a ceiling. Its methods may
// be called at once from many goroutines.
type Gauges struct {
	ceiling int64
	shards  [gaugeShards]gaugeShard
}

// gaugeShards keep counts of different keys from waiting for each other.
const gaugeShards = 16

type gaugeShard struct {
	mu    sync.Mutex // guards inUse
	inUse map[uint64]int64
}

// NewGauges returns gauges that admit ceiling things for each key. A ceiling of
// zero or less means no limit.
func NewGauges(ceiling int64) *Gauges { return &Gauges{ceiling: ceiling} }

func (g *Gauges) shard(key uint64) *gaugeShard { return &g.shards[key%gaugeShards] }

// Acquire counts one thing more for key and reports whether there was room. Whoever
// got true calls Release once, when the thing is gone.
func (g *Gauges) Acquire(key uint64) bool {
	s := g.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.inUse[key]
	if g.ceiling > 0 && n >= g.ceiling {
		return false
	}
	if s.inUse == nil {
		s.inUse = make(map[uint64]int64)
	}
	s.inUse[key] = n + 1
	return true
}

// Release gives back what one successful Acquire of key took.
func (g *Gauges) Release(key uint64) {
	s := g.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse[key]--; s.inUse[key] <= 0 {
		delete(s.inUse, key)
	}
}

// InUse returns how many things of key exist at the moment.
func (g *Gauges) InUse(key uint64) int64 {
	s := g.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inUse[key]
}
