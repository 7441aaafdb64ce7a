package crashlab_test

import (
	"maps"
	"slices"
	"testing"
)

// TestEveryCall plays each script in each mode, with a restart in the middle, and
// cuts it at every call.
func TestEveryCall(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(scripts)) {
		for _, m := range modes {
			t.Run(name+"/"+m.name, func(t *testing.T) {
				if quick() && m.name != "durable" && name != "again" {
					t.Skip("a sample is enough")
				}
				inBubble(t, func(t *testing.T) { everyCall(t, m, scripts[name]) })
			})
		}
	}
}

func everyCall(t *testing.T, m mode, s script) {
	l := newLab(t, m, m.files(), newWorld())
	l.step(func(*rig) {}) // the first start, too
	for i, part := range s {
		l.step(part)
		if i == len(s)/2 {
			l.restart()
		}
	}
	l.end()
}
