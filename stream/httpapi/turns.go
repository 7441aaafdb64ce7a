package httpapi

import "runtime"

// Behind an answer net/http looks at once for the next request, which is hardly
// ever there, and then sleeps until epoll wakes it. On a busy server it pays to let
// the other goroutines go first: when it is this one's turn again the request has
// come, and one read of two, the sleep and the waking are saved. On a server that
// is not busy nobody else wants to go, and nothing is lost.

// maxTurns is how many requests in a row a connection waits for in this way. The
// scheduler asks epoll when nobody wants to go, so connections that never slept
// would keep all others waiting; this way it is asked at least once in maxTurns+1
// rounds.
const maxTurns = 3

// giveWay lets other goroutines go before a read for the next request.
func (c *conn) giveWay() {
	if c.turns == maxTurns {
		c.turns = 0
		return
	}
	c.turns++
	runtime.Gosched()
}
