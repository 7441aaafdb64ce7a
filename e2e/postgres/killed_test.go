package postgres_test

import (
	"testing"
	"time"
)

// T2: the server is killed again and again.
func TestKilled(t *testing.T) {
	l := newLab(t, setup{Workload: true})
	l.during(func() {
		for range sized(12, 200) {
			l.pause(50*time.Millisecond, 500*time.Millisecond)
			l.killWeir()
		}
	})
	l.check()
}

// T35: a server that is asked to end under load ends soon, and has nothing to drop
// when it is back.
func TestTerminated(t *testing.T) {
	l := newLab(t, setup{Workload: true})
	l.during(func() {
		for range sized(2, 10) {
			l.pause(200*time.Millisecond, 500*time.Millisecond)
			began := time.Now()
			l.weir.Stop()
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("got an end after %s, want it within 10 s", took)
			}
			l.client.Close()
			l.weir.Restart()
			l.lag()
			l.noDuplicates()
		}
	})
	l.check()
}
