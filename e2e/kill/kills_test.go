package kill_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

const (
	// How long after the first acknowledgement of an era the server lives at most,
	// and when it is killed while it starts, after its start.
	longestEra   = 150 * time.Millisecond
	longestStart = 40 * time.Millisecond
	// patience is for what takes moments on a healthy server.
	patience = 20 * time.Second
	// reports is the time between two lines of progress of a long run.
	reports = 10 * time.Second
)

// limits returns the variables for a start: every other one with so little
// memory that the server writes behind and checkpoints all the time, and with
// small pages.
func limits(start int64) map[string]string {
	env := map[string]string{
		"DS_SERVER__LONG_POLL_TIMEOUT_SECS": "0.05",
		"DS_STORAGE__ACID_SHARD_COUNT":      "2",
	}
	if start%2 == 1 {
		env["DS_LIMITS__MAX_MEMORY_BYTES"] = "64KiB"
		env["DS_SERVER__PAGE_BYTES"] = "4KiB"
	}
	return env
}

// TestKills kills the server again and again while clients of every kind use it.
// After each start everything they were promised and shown must be there.
func TestKills(t *testing.T) {
	for _, mode := range durableModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			newLab(t, mode).run(*kills)
		})
	}
}

// run kills the server the given number of times.
func (l *lab) run(times int64) {
	began, reported := time.Now(), time.Now()
	random := l.random("killer")
	l.startSlots()
	for l.kill.Load() < times && l.ctx.Err() == nil {
		l.check(random)
		l.liveAndDie(random)
		for random.IntN(6) == 0 && l.kill.Load() < times {
			l.killAtStart(random)
		}
		l.server.Configure(limits(l.kill.Load()))
		l.server.Restart()
		if time.Since(reported) > reports {
			l.report(time.Since(began))
			reported = time.Now()
		}
	}
	l.check(random)
	l.end()
	l.report(time.Since(began))
	if !l.t.Failed() {
		l.checkNothingIsKept()
		l.checkFigures()
	}
}

// liveAndDie lets the clients at a server that is up, and kills it at a random
// moment.
func (l *lab) liveAndDie(random *rand.Rand) {
	e, first := l.newEra()
	l.gate.open(e)
	select {
	case <-first:
	case <-l.ctx.Done():
	case <-time.After(patience):
		l.broken("the clients", "got no append acknowledged in %s, want progress", patience)
	}
	l.pause(time.Duration(random.Int64N(int64(longestEra))))
	l.killDuring(e)
}

// killAtStart lets the clients at a server that has not started yet, and kills it
// while it recovers or just afterwards.
func (l *lab) killAtStart(random *rand.Rand) {
	e, _ := l.newEra()
	e.starting.Store(true)
	l.server.Configure(limits(l.kill.Load()))
	l.gate.open(e)
	l.server.Launch()
	l.pause(time.Duration(random.Int64N(int64(longestStart))))
	l.killDuring(e)
}

func (l *lab) killDuring(e *era) {
	e.dying.Store(true)
	l.server.Kill()
	l.kill.Add(1)
	l.gate.close()
	l.client.Close() // no request of the next era may meet a dead connection
}

// newEra returns the next era, and a channel that is closed when something is
// acknowledged in it.
func (l *lab) newEra() (*era, <-chan struct{}) {
	first := make(chan struct{})
	var once sync.Once
	return &era{acked: func() { once.Do(func() { close(first) }) }}, first
}

// report prints what was done so far, also when tests are not verbose.
func (l *lab) report(took time.Duration) {
	v := l.verified()
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Printf("%s: %d kills in %.0f s: %d acknowledged appends checked, %d bytes, %d reads shown, "+
		"%d forks, %d closes, %d deletes (seed %d)\n", l.mode, l.kill.Load(), took.Seconds(),
		v.Appends, v.Bytes, v.Shown, l.tally.forks, l.tally.closes, l.tally.deletes, l.seed)
}

// checkFigures keeps a run that did nothing from passing for a good one.
func (l *lab) checkFigures() {
	v := l.verified()
	enough := v.Appends > 0 && v.Shown > 0
	if l.kill.Load() >= 60 {
		enough = enough && l.tally.forks > 0 && l.tally.closes > 0 && l.tally.deletes > 0
	}
	if !enough {
		l.t.Errorf("%s: got %+v, %+v: want some of each: nothing is known about the others", l.mode, v, l.tally)
	}
}

// awaitMissing asks until the name is free.
func (l *lab) awaitMissing(i *incarnation) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if status, err := l.statusOf(context.Background(), i.name); err != nil || status == http.StatusNotFound {
			return err
		}
	}
	return errStillThere
}
