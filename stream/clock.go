package stream

import "time"

// Ends of life are instants of the wall clock, and somebody may set that wrong:
// then streams are refused as expired, as they should be by that clock, but what
// is removed does not come back when it is set right. So the reaper rests for a
// while after the clock has leapt ahead.
const (
	clockLeap = time.Hour
	clockRest = 15 * time.Minute
)

// clockWatch compares the wall clock with one that nobody sets. One goroutine
// uses it.
type clockWatch struct {
	wall, steady time.Duration // at the last look, each since an instant of its own
	rest         time.Duration // by the steady clock, until when nothing is removed
}

// look notes what the clocks say. leapt reports that the wall clock has moved
// ahead of the steady one since the last look, trusted that it has not, or long
// ago. A machine that was asleep looks the same, and waits without need.
func (c *clockWatch) look(wall, steady time.Duration) (leapt, trusted bool) {
	ahead := (wall - c.wall) - (steady - c.steady)
	c.wall, c.steady = wall, steady
	switch {
	case ahead > clockLeap:
		c.rest = steady + clockRest
		leapt = true
	case ahead < -clockLeap:
		c.rest = steady // set back again
	}
	return leapt, steady >= c.rest
}
