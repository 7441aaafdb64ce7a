package crashlab_test

import (
	"strings"
	"testing"
)

// TestRepeats lives a seed twice and compares what was done to the files, which
// is what makes the command in a failure worth anything.
//
// It holds because one goroutine runs at a time, virtual time moves only when
// all are blocked, and no two timers of a rig fire at once. What it cannot hold
// fixed is which case a select takes when several are ready, as the committer's
// may be in a burst, so that a seed with many clients at once may now and then
// go another way.
func TestRepeats(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector mixes the order of goroutines up on purpose")
	}
	for seed := range 2 {
		var traces [2]string
		for i := range traces {
			inBubble(t, func(t *testing.T) { traces[i] = strings.Join(live(t, modes[0], seed), "\n") })
		}
		if traces[0] != traces[1] {
			t.Errorf("seed %d did %s", seed, difference(traces[0], traces[1]))
		}
	}
}

// difference shows the first line in which two traces differ.
func difference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return "at first " + as[i] + ", and then " + bs[i]
		}
	}
	return "more at one time than at the other"
}
