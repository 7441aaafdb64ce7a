package sse_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/sse"
)

// TestTermDepart: a server that stops ends a response once, and never later than it
// would have ended anyway.
func TestTermDepart(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		until, departure, want time.Time
	}{
		"no end before": {time.Time{}, now, now},
		"a later end":   {now.Add(time.Hour), now, now},
		"an earlier":    {now.Add(-time.Hour), now, now.Add(-time.Hour)},
	} {
		term := sse.Term{Until: c.until}
		term.Depart(func() time.Time { return c.departure })
		term.Depart(func() time.Time { return now.Add(-2 * time.Hour) })
		if !term.Departs || !term.Until.Equal(c.want) {
			t.Errorf("%s: got %+v, want it to depart at %v", name, term, c.want)
		}
	}
}
