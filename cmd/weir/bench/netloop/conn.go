package netloop

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Conn is one connection of a Loop.
type Conn struct {
	loop    *Loop
	handler Handler
	unsent  []byte // of the last Send
	fd      int    // -1 when the connection is no more
}

var errBusy = errors.New("internal error: a connection was given a request before the last one was sent")

// Send writes p. What the kernel does not take at once is written as soon as it
// does: until then, which is no later than the first byte of the answer, p must
// not be changed, and nothing else sent. A connection that has ended drops it.
//
// An error of the network is reported to the handler, by a later Poll.
func (c *Conn) Send(p []byte) error {
	switch {
	case c.fd < 0:
		return nil
	case len(c.unsent) > 0:
		return errBusy
	}
	n, err := unix.Write(c.fd, p)
	switch {
	case err == nil && n == len(p):
		return nil
	case err == unix.EPIPE || err == unix.ECONNRESET:
		return nil // the read that epoll calls for now says the same
	case err != nil && err != unix.EAGAIN && err != unix.EINTR:
		return fmt.Errorf("write: %w", err)
	}
	c.unsent = p[max(n, 0):]
	return c.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN|unix.EPOLLOUT)
}

// flush writes what is unsent, and reports whether the connection goes on.
func (c *Conn) flush() bool {
	n, err := unix.Write(c.fd, c.unsent)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return true
	case err != nil:
		c.end(fmt.Errorf("write: %w", err))
		return false
	}
	if c.unsent = c.unsent[n:]; len(c.unsent) > 0 {
		return true
	}
	c.unsent = nil
	if err := c.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN); err != nil {
		c.end(err)
		return false
	}
	return true
}

// Close drops the connection. It may be called more than once.
func (c *Conn) Close() {
	if c.fd < 0 {
		return
	}
	c.loop.conns[c.fd] = nil
	c.loop.open--
	unix.Close(c.fd)
	c.fd, c.unsent = -1, nil
}

func (c *Conn) end(err error) {
	c.Close()
	c.handler.Ended(c, err)
}

// watch tells epoll what to report of the connection.
func (c *Conn) watch(operation int, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: int32(c.fd)}
	if err := unix.EpollCtl(c.loop.epoll, operation, c.fd, &event); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}
