// Package netloop holds many TCP connections in one goroutine: it waits for all of
// them with epoll and reads them into one shared buffer, so that a connection on
// which nothing happens costs a few hundred bytes, and one on which something does
// costs one system call each way.
//
// Open makes a Loop, Dial a connection whose Handler is called from Poll. A Loop,
// its connections and their handlers belong to the goroutine that calls Poll;
// nothing here may be used by another at the same time. Handlers may dial, send
// and close, on their own connection and on others, but not call Poll.
package netloop

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// batch bounds the connections served in one Poll, so that whoever has
	// something to do at a certain time waits no longer than for so many reads.
	batch = 128
	// readBytes is the size of the buffer that all reads share.
	readBytes = 256 << 10
)

// Handler is told what happens on a connection.
type Handler interface {
	// Received hands over bytes in the order in which they came. They are valid
	// until it returns.
	Received(c *Conn, p []byte)
	// Ended says, once, that the connection is no more, with nil when the server
	// closed it in the usual way. It is not called after Close.
	Ended(c *Conn, err error)
}

// Loop watches connections. Close it.
type Loop struct {
	epoll  int
	events [batch]unix.EpollEvent
	ready  [1]unix.PollFd
	buffer []byte
	conns  []*Conn // by descriptor; nil where there is none of ours
	open   int
}

// Open returns a loop without connections.
func Open() (*Loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	l := &Loop{epoll: fd, buffer: make([]byte, readBytes)}
	l.ready[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	return l, nil
}

// Close drops all connections, without a word to their handlers.
func (l *Loop) Close() {
	for _, c := range l.conns {
		if c != nil {
			c.Close()
		}
	}
	unix.Close(l.epoll)
}

// Poll waits until something happens on a connection, no longer than timeout, and
// calls the handlers of what has happened.
func (l *Loop) Poll(timeout time.Duration) error {
	n, err := l.wait(timeout)
	if err != nil {
		return err
	}
	for i := range n {
		event := &l.events[i]
		// A handler before may have closed this connection, and another may have
		// got its descriptor: that one then finds nothing to read.
		if c := l.conns[event.Fd]; c != nil {
			l.serve(c, event.Events)
		}
	}
	return nil
}

// wait fills events. epoll_wait counts in milliseconds, which is too coarse for
// the rest: that is waited for on the epoll descriptor itself.
func (l *Loop) wait(timeout time.Duration) (int, error) {
	timeout = max(timeout, 0)
	n, err := l.epollWait(int(timeout / time.Millisecond))
	fine := timeout % time.Millisecond
	if n > 0 || err != nil || fine == 0 {
		return n, err
	}
	spec := unix.NsecToTimespec(int64(fine))
	if _, err := unix.Ppoll(l.ready[:], &spec, nil); err != nil && !errors.Is(err, unix.EINTR) {
		return 0, fmt.Errorf("ppoll: %w", err)
	}
	return l.epollWait(0)
}

func (l *Loop) epollWait(milliseconds int) (int, error) {
	n, err := unix.EpollWait(l.epoll, l.events[:], milliseconds)
	switch {
	case errors.Is(err, unix.EINTR):
		return 0, nil // the runtime's own signals
	case err != nil:
		return 0, fmt.Errorf("epoll_wait: %w", err)
	}
	return n, nil
}

// serve writes and reads what a connection is ready for. What is more than the
// buffer holds is found by the next Poll.
func (l *Loop) serve(c *Conn, events uint32) {
	if events&unix.EPOLLOUT != 0 && !c.flush() {
		return
	}
	if events&^unix.EPOLLOUT == 0 {
		return
	}
	n, err := unix.Read(c.fd, l.buffer)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
	case err != nil:
		c.end(fmt.Errorf("read: %w", err))
	case n == 0:
		c.end(nil)
	default:
		c.handler.Received(c, l.buffer[:n])
	}
}

// Conns returns how many connections there are.
func (l *Loop) Conns() int { return l.open }
