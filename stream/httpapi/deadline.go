package httpapi

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/weirstreams/weir/sse/socket"
)

// lazyConn is a TCP connection whose deadlines are cheap to set.
//
// net/http moves the read deadline several times a request, each time further
// away, and each time the runtime has a timer to move. Here the timer is left
// where it is as long as it fires early enough; when it fires before the deadline
// that was asked for, the read goes on until that. So a busy connection moves its
// timer once per timeout and not per request. And a write deadline that is not
// there need not be taken away.
type lazyConn struct {
	*net.TCPConn
	sock *socket.Conn // on it

	mu       sync.Mutex // guards what follows
	want     time.Time  // the read deadline asked for, zero for none
	armed    time.Time  // when the timer fires, at or before want; zero for never
	fired    bool       // the timer was set into the past, to end a read at once
	writing  bool       // there is a write deadline
	blind    bool       // nobody watches for the client's leaving: see watch.go
	watching bool       // a read that watches for it is under way

	// within stands for a read deadline that is set by the next read, so far ahead
	// of it; 0 for none.
	within time.Duration
}

// longAgo is later than the instants in the past that net/http sets to end a
// read at once, and earlier than any real deadline.
var longAgo = time.Unix(1e9, 0)

// SetReadDeadline implements net.Conn.
func (c *lazyConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.want, c.within = t, 0
	if !t.IsZero() && t.Before(longAgo) {
		return c.endReadLocked(t)
	}
	c.blind = false
	switch {
	case !t.IsZero() && (c.armed.IsZero() || t.Before(c.armed)):
		return c.armLocked(t)
	case c.fired:
		return c.armLocked(c.armed)
	default:
		return nil
	}
}

func (c *lazyConn) armLocked(t time.Time) error {
	c.armed, c.fired = t, false
	return c.TCPConn.SetReadDeadline(t)
}

// expectBody bounds the time in which a request's body has to arrive. Most bodies
// come with their header, so the clock is asked only when somebody has to wait.
func (c *lazyConn) expectBody(within time.Duration) {
	c.mu.Lock()
	c.within = within
	c.mu.Unlock()
}

// SetWriteDeadline implements net.Conn.
func (c *lazyConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	before := c.writing
	c.writing = !t.IsZero()
	c.mu.Unlock()
	if t.IsZero() && !before {
		return nil
	}
	return c.TCPConn.SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *lazyConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Read implements net.Conn.
func (c *lazyConn) Read(b []byte) (int, error) {
	if len(b) == 1 {
		return c.watch(b)
	}
	c.mu.Lock()
	within := c.within
	c.mu.Unlock()
	if within > 0 {
		c.SetReadDeadline(time.Now().Add(within))
	}
	return c.read(b)
}

// read reads until the deadline asked for.
func (c *lazyConn) read(b []byte) (int, error) {
	for {
		n, err := c.sock.Read(b)
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
