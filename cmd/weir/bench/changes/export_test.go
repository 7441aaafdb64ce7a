package changes

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

var (
	SumSyncs    = sumSyncs
	CountEvents = countEvents
)

// Median is the median time of runs that took so long.
func Median(whole ...time.Duration) float64 {
	var runs []ran
	for _, d := range whole {
		runs = append(runs, ran{whole: d})
	}
	return median(runs, ran.seconds)
}

// Arrived has a subscriber of so many rows take data, of which the first is to be
// the row next.
func Arrived(rows int, data string, next int) (after int, err error) {
	c := &commits{sent: make([]atomic.Int64, rows), took: figures.NewLatency()}
	return c.arrived([]byte(data), next, 1)
}

// Subscribe has a subscriber listen for so many rows.
func Subscribe(ctx context.Context, rows int, url string) (heard <-chan error, end func()) {
	return (&commits{sent: make([]atomic.Int64, rows), took: figures.NewLatency()}).subscribe(ctx, url)
}
