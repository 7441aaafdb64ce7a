package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// figure is one metric: how it is described, and where in a T its value is.
type figure[T any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(T) float64
}

// gauge is a figure that goes up and down.
func gauge[T any](name, help string, value func(T) int64, labels ...string) figure[T] {
	return figure[T]{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue, whole(value)}
}

// counter is a figure that only grows while the process lives.
func counter[T any](name, help string, value func(T) int64, labels ...string) figure[T] {
	return figure[T]{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue, whole(value)}
}

func whole[T any](value func(T) int64) func(T) float64 {
	return func(from T) float64 { return float64(value(from)) }
}

// seconds makes a figure of a time that something took.
func seconds[T any](kind prometheus.ValueType, name, help string, value func(T) time.Duration) figure[T] {
	return figure[T]{prometheus.NewDesc(name, help, nil, nil), kind, func(from T) float64 { return value(from).Seconds() }}
}

// instant is a figure that says when something was, or will be.
func instant[T any](name, help string, value func(T) time.Time) figure[T] {
	return gauge(name, help, func(from T) int64 { return unixSeconds(value(from)) })
}

// unixSeconds is 0 for the zero time, which stands for never.
func unixSeconds(t time.Time) int64 { return max(t.Unix(), 0) }

// describeAll sends the descriptions of a table of figures.
func describeAll[T any](out chan<- *prometheus.Desc, table []figure[T]) {
	for _, f := range table {
		out <- f.desc
	}
}

// collectAll sends what a table of figures finds in from. labels are the values
// of the labels that each figure of the table was made with.
func collectAll[T any](out chan<- prometheus.Metric, table []figure[T], from T, labels ...string) {
	for _, f := range table {
		out <- prometheus.MustNewConstMetric(f.desc, f.kind, f.value(from), labels...)
	}
}

// flag is 1 for true and 0 for false.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
