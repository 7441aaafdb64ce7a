package postgres_test

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/cutproxy"
)

// T6: connections to Postgres break, in the middle of messages as well.
func TestNetworkCuts(t *testing.T) {
	var cutting atomic.Bool
	random := rand.New(rand.NewPCG(*seed, 6))
	l := newLab(t, setup{Workload: true, Budget: func(int) int64 {
		if !cutting.Load() {
			return cutproxy.NoLimit
		}
		return 1000 + random.Int64N(500_000)
	}})
	began := time.Now()
	l.during(func() {
		cutting.Store(true)
		for range sized(8, 100) {
			l.pause(50*time.Millisecond, time.Second)
			l.proxy.CutAll()
		}
		cutting.Store(false)
		l.proxy.CutAll() // also those whose end is still to come
	})
	l.check()
	reconnects := l.metric("ds_sync_reconnects_total")
	// One in 250 ms is the least pause between two attempts.
	if most := time.Since(began).Seconds() * 4; reconnects == 0 || reconnects > most {
		t.Errorf("got %v reconnects, want some and at most %v", reconnects, most)
	}
}
