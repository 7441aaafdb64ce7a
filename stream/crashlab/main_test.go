package crashlab_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds = flag.Int("crash.seeds", 0, "how many seeds TestRandom runs; 0: as many as fit the time of every day")
	seed  = flag.Int("crash.seed", -1, "run only this seed of TestRandom")
)

// tally counts what all tests of the process did, for the line at the end.
var tally struct {
	points atomic.Int64 // images opened and checked
	faults atomic.Int64 // lives with a failing call
}

func TestMain(m *testing.M) {
	// One goroutine at a time makes runs of a seed alike.
	runtime.GOMAXPROCS(1)
	start := time.Now()
	code := m.Run()
	fmt.Printf("crashlab: %d crash points opened and checked, %d lives with failing calls, %.1f s\n",
		tally.points.Load(), tally.faults.Load(), time.Since(start).Seconds())
	os.Exit(code)
}

// quick reports whether only a sample is wanted.
func quick() bool { return raceDetector || testing.Short() }

// inBubble runs f with a clock of its own. The engine keeps used channels in
// pools; those of a bubble must not be met outside, nor the other way round, so
// both sides begin with none. A pool survives one collection.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	forget := func() { runtime.GC(); runtime.GC() }
	forget()
	defer forget()
	synctest.Test(t, f)
}
