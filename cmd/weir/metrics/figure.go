package metrics

import "github.com/prometheus/client_golang/prometheus"

// figure is one metric: how it is described, and where in a T its value is.
type figure[T any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(T) int64
}

// gauge is a figure that goes up and down.
func gauge[T any](name, help string, value func(T) int64, labels ...string) figure[T] {
	return figure[T]{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue, value}
}

// counter is a figure that only grows while the process lives.
func counter[T any](name, help string, value func(T) int64, labels ...string) figure[T] {
	return figure[T]{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue, value}
}

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
		out <- prometheus.MustNewConstMetric(f.desc, f.kind, float64(f.value(from)), labels...)
	}
}

// flag is 1 for true and 0 for false.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
