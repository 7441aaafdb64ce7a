package metrics_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/metrics"
)

func TestScrubs(t *testing.T) {
	now := metrics.Scrubs{}
	c := metrics.NewScrubs(func() metrics.Scrubs { return now })
	gather(t, c).expect(t, samples{
		"weir_scrub_runs_total":                 0,
		"weir_scrub_damaged":                    0,
		"weir_scrub_last_end_timestamp_seconds": 0,
	})
	now = metrics.Scrubs{Runs: 2, Damaged: 3, Ended: time.Unix(5, 900)}
	gather(t, c).expect(t, samples{
		"weir_scrub_runs_total":                 2,
		"weir_scrub_damaged":                    3,
		"weir_scrub_last_end_timestamp_seconds": 5,
	})
}
