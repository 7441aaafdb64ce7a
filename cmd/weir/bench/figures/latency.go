package figures

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the longest latency that is told apart; what takes longer counts as
// this long.
const longest = 10 * time.Minute

// Latency counts how long things took, exact to a thousandth. Make it with
// NewLatency. One goroutine uses it; adding allocates nothing.
type Latency struct {
	h *hdrhistogram.Histogram
}

// NewLatency returns an empty count.
func NewLatency() *Latency {
	return &Latency{hdrhistogram.New(1, int64(longest), 3)}
}

// Add counts one that took so many nanoseconds.
func (l *Latency) Add(nanoseconds int64) {
	// Within its bounds the histogram takes every value.
	_ = l.h.RecordValue(min(max(nanoseconds, 1), int64(longest)))
}

// Reset forgets everything.
func (l *Latency) Reset() { l.h.Reset() }

// Count returns how many were added.
func (l *Latency) Count() int64 { return l.h.TotalCount() }

// percentiles are what a table shows.
var percentiles = []struct {
	name, what string
	percent    float64
}{
	{"p50", "p50", 50},
	{"p90", "p90", 90},
	{"p99", "p99", 99},
	{"p99_9", "p99.9", 99.9},
	{"max", "max", 100},
}

// Latency adds the percentiles of l in microseconds: PREFIXp50_us and so on. It
// adds nothing when nothing was counted.
func (s *Sheet) Latency(prefix, what string, l *Latency) {
	if l.Count() == 0 {
		return
	}
	for _, p := range percentiles {
		us := float64(l.h.ValueAtPercentile(p.percent)) / 1e3
		s.Number(prefix+p.name+"_us", what+" "+p.what, us, "µs")
	}
}
