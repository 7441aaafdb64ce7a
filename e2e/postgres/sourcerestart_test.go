package postgres_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

// T5: Postgres is restarted under load, in every way.
func TestPostgresRestarts(t *testing.T) {
	// Restarts come one after another; the pauses between attempts need not grow.
	l := newLab(t, setup{Workload: true, Env: map[string]string{"DS_SYNC__BACKOFF_MAX": "1s"}})
	ways := []func(){
		func() { l.pg.Restart(t, pgtest.Fast) },
		func() { l.pg.Restart(t, pgtest.Immediate) },
		func() { l.pg.Kill(t); l.pg.Start(t) },
	}
	l.during(func() {
		for range sized(1, 10) {
			for _, restart := range ways {
				l.pause(100*time.Millisecond, time.Second)
				restart()
				l.lag()
			}
		}
	})
	l.check()
}

// T5, F16: a server that confirms what it has lets Postgres stop at once.
func TestPostgresStopsFast(t *testing.T) {
	l := newLab(t, setup{Workload: true})
	l.work(5)
	l.check()
	began := time.Now()
	l.pg.Stop(t, pgtest.Fast)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("got a fast stop in %s, want it within 2 s", took)
	}
	l.pg.Start(t)
	l.check()
}
