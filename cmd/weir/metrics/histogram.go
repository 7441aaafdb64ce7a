package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirstreams/weir/store"
)

// nanosecond is the unit of distributions of times, of which there are so many in
// the unit of their metric.
const nanosecond = 1e9

// histogram is one metric that is a distribution.
type histogram[T any] struct {
	desc  *prometheus.Desc
	parts float64 // of the metric's unit that an observed value counts
	value func(T) *store.Distribution
}

// sizes is a histogram of counts.
func sizes[T any](name, help string, value func(T) *store.Distribution) histogram[T] {
	return histogram[T]{prometheus.NewDesc(name, help, nil, nil), 1, value}
}

// times is a histogram of durations, which the distribution has in nanoseconds.
func times[T any](name, help string, value func(T) *store.Distribution) histogram[T] {
	return histogram[T]{prometheus.NewDesc(name, help, nil, nil), nanosecond, value}
}

// describeHistograms sends the descriptions of a table of histograms.
func describeHistograms[T any](out chan<- *prometheus.Desc, table []histogram[T]) {
	for _, h := range table {
		out <- h.desc
	}
}

// collectHistograms sends what a table of histograms finds in from. A part of the
// server that has no such distribution has nil there, and no metric.
func collectHistograms[T any](out chan<- prometheus.Metric, table []histogram[T], from T) {
	for _, h := range table {
		if d := h.value(from); d != nil {
			out <- h.metric(d.Snapshot())
		}
	}
}

func (h *histogram[T]) metric(seen store.Histogram) prometheus.Metric {
	buckets := make(map[float64]uint64, len(seen.Buckets))
	for _, b := range seen.Buckets {
		buckets[float64(b.UpTo)/h.parts] = uint64(b.Count)
	}
	return prometheus.MustNewConstHistogram(h.desc, uint64(seen.Count), float64(seen.Sum)/h.parts, buckets)
}
