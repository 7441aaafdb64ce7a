package stream

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/store"
)

// Counts are an engine's figures for operators, of what has happened since the
// start. They need not be of one instant.
type Counts struct {
	Appends       int64 // accepted, without duplicates
	AppendedBytes int64 // as stored
	Duplicates    int64 // appends answered from what is known of an earlier one

	Created int64 // streams
	Deleted int64 // streams that somebody deleted
	Expired int64 // streams removed because their time had come

	// Refused are the appends, creations and deletions refused, by the code of the
	// refusal; every code is in it.
	Refused map[Code]int64

	// VisibleTime is how long appends took, in nanoseconds, from being staged to
	// being visible to readers. One in sixteen is looked at, by chance. It is not a
	// copy: it goes on counting.
	VisibleTime *store.Distribution

	Reaper ReaperCounts
}

// ReaperCounts are figures of the background work that removes expired streams.
type ReaperCounts struct {
	LastRun time.Time // when it last had looked at what is due; zero before the first
	Behind  bool      // streams that were due then had to be left for the next run
}

// Counts returns what the engine has done.
func (e *Engine) Counts() Counts {
	c := &e.counters
	out := Counts{
		Duplicates:  c.duplicates.Load(),
		Created:     c.created.Load(),
		Deleted:     c.deleted.Load(),
		Expired:     c.expired.Load(),
		Refused:     make(map[Code]int64, len(codes)),
		VisibleTime: c.visibleTime,
	}
	out.Appends, out.AppendedBytes = e.active.appended()
	for code, n := range c.refused {
		out.Refused[code] = n.Load()
	}
	if run := c.lastRun.Load(); run != nil {
		out.Reaper = *run
	}
	return out
}

// counters are what Counts are made of. Appends are counted in the registry.
type counters struct {
	duplicates  atomic.Int64
	created     atomic.Int64
	deleted     atomic.Int64
	expired     atomic.Int64
	refused     map[Code]*atomic.Int64 // of all codes, not changed after init
	visibleTime *store.Distribution
	lastRun     atomic.Pointer[ReaperCounts] // nil before the first
}

func (c *counters) init() {
	c.visibleTime = store.NewTimes()
	c.refused = make(map[Code]*atomic.Int64, len(codes))
	for _, code := range codes {
		c.refused[code] = new(atomic.Int64)
	}
}

// refuse counts an error that is a refusal.
func (c *counters) refuse(err error) {
	if err == nil {
		return
	}
	var refusal *Error
	if !errors.As(err, &refusal) {
		return
	}
	if n := c.refused[refusal.Code]; n != nil {
		n.Add(1)
	}
}

// sampleEvery is how many appends there are, on the average, to one that looks at
// the clock: that costs more than all else that is counted of an append.
const sampleEvery = 16

// sample notes the present instant, for one change in sampleEvery.
func (p *pending) sample() {
	if rand.Uint32N(sampleEvery) == 0 {
		p.begun = time.Now()
	}
}

// becameVisible counts the time since sample, if that was noted.
func (p *pending) becameVisible(e *Engine) {
	if !p.begun.IsZero() {
		e.counters.visibleTime.Since(p.begun)
	}
}
