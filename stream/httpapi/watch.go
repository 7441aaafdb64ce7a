package httpapi

import (
	"net/http"
	"time"
)

// While a request is served net/http watches for the client's leaving, by a read
// of one byte in a goroutine of its own, which it ends behind the answer by a
// deadline in the past. The system call, the two timers and the waiting would cost
// more than some appends, and only live reads are glad to know. So for others the
// connection is made blind, and the watching read returns with nothing at once:
// net/http then knows no more than if nothing had happened.
//
// Any other reader asks for more than one byte. One that does not gets its byte
// all the same, since a connection is blind only from closeEyes to the next
// deadline that is set, which net/http does behind every answer.

// unwatched closes the eyes of a request's connection.
func unwatched(r *http.Request) {
	if c := connOf(r); c != nil {
		c.closeEyes()
	}
}

// closeEyes is called when all of a request is there and its answer will soon be.
func (c *lazyConn) closeEyes() {
	c.mu.Lock()
	c.blind = true
	c.mu.Unlock()
}

// watch is the watching read.
func (c *lazyConn) watch(b []byte) (int, error) {
	c.mu.Lock()
	blind := c.blind
	c.watching = !blind
	c.mu.Unlock()
	if blind {
		return 0, nil
	}
	n, err := c.read(b)
	c.mu.Lock()
	c.watching = false
	c.mu.Unlock()
	return n, err
}

// endReadLocked ends the read that is under way, or the next. A watching read that
// has seen or will see the connection blind ends by itself.
func (c *lazyConn) endReadLocked(t time.Time) error {
	if c.blind && !c.watching {
		return nil
	}
	c.fired = true
	return c.TCPConn.SetReadDeadline(t)
}
