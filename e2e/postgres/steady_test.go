package postgres_test

import (
	"slices"
	"testing"
	"time"
)

// T1: nothing goes wrong.
func TestSteady(t *testing.T) {
	l := newLab(t, setup{Workload: true})
	var lags []time.Duration
	l.during(func() {
		for end := time.Now().Add(sized(5*time.Second, 10*time.Minute)); time.Now().Before(end); {
			lags = append(lags, l.lag())
			l.pause(100*time.Millisecond, 300*time.Millisecond)
		}
	})
	l.work(sized(10, 100))
	l.check()
	l.noDuplicates()
	slices.Sort(lags)
	if middle := lags[len(lags)/2]; middle > time.Second {
		t.Errorf("lag of the middle one of %d heartbeats: got %s, want at most 1 s", len(lags), middle)
	}
}

// lag returns how long a heartbeat takes to be seen.
func (l *lab) lag() time.Duration {
	l.t.Helper()
	began := time.Now()
	key := l.beat()
	l.await("heartbeat "+key, func() (bool, error) { return l.arrived(key) })
	return time.Since(began)
}
