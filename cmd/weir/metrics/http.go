package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirstreams/weir/stream/httpapi"
)

// httpCollector never changes after it was made.
type httpCollector struct {
	read        func() httpapi.Stats
	table       []figure[httpapi.Stats]
	requests    *prometheus.Desc
	subscribers *prometheus.Desc
	refused     *prometheus.Desc
}

// NewHTTP returns the collector of what read returns, which is called for every
// scrape: what clients ask for and get.
func NewHTTP(read func() httpapi.Stats) prometheus.Collector {
	return &httpCollector{
		read:  read,
		table: ofHTTP(),
		requests: prometheus.NewDesc("weir_http_requests_total",
			"Number of requests answered since the start, by what they asked for and the status.", []string{"kind", "status"}, nil),
		subscribers: prometheus.NewDesc("weir_subscribers",
			"Number of live readers now, by how they read.", []string{"mode"}, nil),
		refused: prometheus.NewDesc("weir_refused_total",
			"Number of requests refused since the start because of a limit, by the limit.", []string{"reason"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *httpCollector) Describe(out chan<- *prometheus.Desc) {
	describeAll(out, c.table)
	out <- c.requests
	out <- c.subscribers
	out <- c.refused
}

// Collect implements prometheus.Collector.
func (c *httpCollector) Collect(out chan<- prometheus.Metric) {
	s := c.read()
	collectAll(out, c.table, s)
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, kind, float64(n), labels...)
	}
	for _, r := range s.Requests {
		send(c.requests, prometheus.CounterValue, r.N, r.Kind, strconv.Itoa(r.Status))
	}
	send(c.subscribers, prometheus.GaugeValue, s.LiveSSE, "sse")
	send(c.subscribers, prometheus.GaugeValue, s.LivePolls, "long-poll")
	send(c.refused, prometheus.CounterValue, s.RateRefused, "rate")
	send(c.refused, prometheus.CounterValue, s.SubscribersRefused, "subscribers")
}

// ofHTTP are the figures of what clients get.
func ofHTTP() []figure[httpapi.Stats] {
	return []figure[httpapi.Stats]{
		counter("weir_read_bytes_total", "Bytes of streams in answers to reads since the start, those sent to SSE subscribers not included, in bytes.",
			func(s httpapi.Stats) int64 { return s.ReadBytes }),
		counter("weir_deliveries_total", "Number of times since the start that an SSE subscriber was sent what had been appended.",
			func(s httpapi.Stats) int64 { return s.Delivered }),
		counter("weir_slow_readers_total", "Number of times since the start that a subscriber did not take what it was sent and went to catch up from storage.",
			func(s httpapi.Stats) int64 { return s.SlowReaders }),
		counter("weir_dropped_readers_total", "Number of live readers cut off since the start because they took nothing more.",
			func(s httpapi.Stats) int64 { return s.Dropped }),
		gauge("weir_draining", "1 when the server is about to stop and sends clients elsewhere, else 0.",
			func(s httpapi.Stats) int64 { return flag(s.Draining) }),
	}
}
