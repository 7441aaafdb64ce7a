package stream

import (
	"testing"
	"time"
)

func TestClockWatch(t *testing.T) {
	type look struct {
		wall, steady   time.Duration
		leapt, trusted bool
	}
	const year = 365 * 24 * time.Hour
	for name, looks := range map[string][]look{
		"even":          {{1 * time.Hour, 1 * time.Hour, false, true}, {90 * time.Hour, 90 * time.Hour, false, true}},
		"set by a bit":  {{time.Hour, time.Second, false, true}, {time.Second, 2 * time.Second, false, true}},
		"set ahead":     {{year, time.Second, true, false}, {year + time.Minute, time.Minute, false, false}, {year + time.Hour, time.Hour, false, true}},
		"and set right": {{year, time.Second, true, false}, {time.Minute, time.Minute, false, true}},
		"set back":      {{-year, time.Second, false, true}, {0, time.Minute, true, false}},
		"twice ahead":   {{year, time.Minute, true, false}, {2 * year, 14 * time.Minute, true, false}, {2*year + 10*time.Minute, 24 * time.Minute, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			var c clockWatch
			for i, l := range looks {
				if leapt, trusted := c.look(l.wall, l.steady); leapt != l.leapt || trusted != l.trusted {
					t.Errorf("look %d: got leapt %t, trusted %t, want %t, %t", i, leapt, trusted, l.leapt, l.trusted)
				}
			}
		})
	}
}
