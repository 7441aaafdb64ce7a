package metrics_test

import (
	"testing"

	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/stream/httpapi"
)

// served has another number in each place.
var served = httpapi.Stats{
	Requests:  []httpapi.RequestCount{{Kind: "append", Status: 204, N: 3}, {Kind: "append", Status: 507, N: 5}},
	LivePolls: 7, LiveSSE: 11, Delivered: 13, ReadBytes: 17, SlowReaders: 19, Dropped: 23,
	RateRefused: 29, SubscribersRefused: 31, Draining: true,
}

func TestHTTP(t *testing.T) {
	gather(t, metrics.NewHTTP(func() httpapi.Stats { return served })).expect(t, samples{
		`weir_http_requests_total{kind="append"}{status="204"}`: 3,
		`weir_http_requests_total{kind="append"}{status="507"}`: 5,
		`weir_subscribers{mode="long-poll"}`:                    7,
		`weir_subscribers{mode="sse"}`:                          11,
		"weir_deliveries_total":                                 13,
		"weir_read_bytes_total":                                 17,
		"weir_slow_readers_total":                               19,
		"weir_dropped_readers_total":                            23,
		`weir_refused_total{reason="rate"}`:                     29,
		`weir_refused_total{reason="subscribers"}`:              31,
		"weir_draining":                                         1,
	})
}
