package bench

import (
	"strconv"
	"time"
)

// opening bounds the subscribers that have been sent a request and no answer, so
// that a server is not asked for thousands at once while it accepts them.
const opening = 256

// crowd is the readers of a run while they are made to listen.
type crowd struct {
	run        *run
	live       int // readers that listen
	reconnects int64
	polls      int64 // answers to long-polls
}

// gather makes so many readers of each stream, with add, and returns when all of
// them listen.
func (c *crowd) gather(a *audience, streams, each int, add func(*crowd, *member), patience time.Duration) error {
	amount := func(n int64) string { return strconv.FormatInt(n, 10) }
	shown := c.run.env.Progress("opening subscribers", amount)
	defer shown.End()

	total := streams * each
	show := c.run.now()
	for i := range total {
		add(c, a.join(i%streams))
		few := func() bool { return i+1-c.live < opening }
		if err := c.run.until(few, patience, "open subscribers"); err != nil {
			return err
		}
		if now := c.run.now(); now >= show {
			shown.At(int64(c.live), int64(total))
			show = now + int64(200*time.Millisecond)
		}
	}
	all := func() bool { return c.live == total }
	return c.run.until(all, patience, "open subscribers")
}
