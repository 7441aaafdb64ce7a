package httpapi

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// lazyConn is a TCP connection whose read deadline is cheap to set.
//
// net/http moves the deadline several times a request, each time further away,
// and each time the runtime has a timer to move. Here the timer is left where it
// is as long as it fires early enough; when it fires before the deadline that was
// asked for, the read goes on until that. So a busy connection moves its timer
// once per timeout and not per request.
type lazyConn struct {
	*net.TCPConn

	mu    sync.Mutex // guards what follows
	want  time.Time  // the deadline asked for, zero for none
	armed time.Time  // when the timer fires, at or before want; zero for never
	fired bool       // the timer was set into the past, to end a read at once

	// While blind is set nobody asks whether the client is still there, so the
	// read by which net/http watches for that only waits to be ended.
	blind  bool
	watch  sync.Cond // of mu: ended has changed
	parked int       // watching reads that wait
	ended  bool      // the watching read is to end
}

func (c *lazyConn) init(t *net.TCPConn) {
	c.TCPConn = t
	c.watch.L = &c.mu
}

// longAgo is later than the instants in the past that net/http sets to end a
// read at once, and earlier than any real deadline.
var longAgo = time.Unix(1e9, 0)

// SetReadDeadline implements net.Conn.
func (c *lazyConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.want = t
	switch {
	case !t.IsZero() && t.Before(longAgo):
		return c.endReadLocked(t)
	case !t.IsZero() && (c.armed.IsZero() || t.Before(c.armed)):
		return c.armLocked(t)
	case c.fired:
		return c.armLocked(c.armed)
	default:
		return nil
	}
}

// endReadLocked ends the read that is under way, or the next. After a request
// that is the watching one.
func (c *lazyConn) endReadLocked(t time.Time) error {
	if c.blind || c.parked > 0 {
		c.blind, c.ended = false, true
		c.watch.Broadcast()
		return nil
	}
	c.fired = true
	return c.TCPConn.SetReadDeadline(t)
}

// expectBody sets the deadline for a request's body. Behind it comes an answer
// that is soon ready, so until then nobody watches whether the client stays: the
// system call and the two timers for that would cost more than some appends.
func (c *lazyConn) expectBody(deadline time.Time) {
	c.SetReadDeadline(deadline)
	c.mu.Lock()
	c.blind, c.ended = true, false
	c.mu.Unlock()
}

// parkWatch holds the watching read of a blind connection until it is ended. It
// is told from others by its length: everybody else reads into a buffer.
func (c *lazyConn) parkWatch() (parked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.blind && !c.ended {
		return false
	}
	c.parked++
	for !c.ended {
		c.watch.Wait()
	}
	c.parked--
	c.ended = false
	return true
}

// Close implements net.Conn.
func (c *lazyConn) Close() error {
	c.mu.Lock()
	c.blind, c.ended = false, true
	c.watch.Broadcast()
	c.mu.Unlock()
	return c.TCPConn.Close()
}

func (c *lazyConn) armLocked(t time.Time) error {
	c.armed, c.fired = t, false
	return c.TCPConn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *lazyConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.TCPConn.SetWriteDeadline(t))
}

// Read implements net.Conn.
func (c *lazyConn) Read(b []byte) (int, error) {
	if len(b) == 1 && c.parkWatch() {
		return 0, os.ErrDeadlineExceeded
	}
	for {
		n, err := c.TCPConn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || c.passed() {
			return n, err
		}
	}
}

// passed reports whether the deadline asked for has passed. If not, it sets the
// timer to it.
func (c *lazyConn) passed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.want.IsZero() && !c.want.After(time.Now()) {
		return true
	}
	return c.armLocked(c.want) != nil
}
