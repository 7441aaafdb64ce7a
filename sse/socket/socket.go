// Package socket reads and writes connections by system calls that the scheduler is
// not told of.
//
// Any system call may sleep, so Go's scheduler takes note of each, and a thread of
// the runtime wakes up to look after those that last. On a server that mostly writes
// small pieces this is a good part of the work itself. A call on a socket in
// non-blocking mode never sleeps, so nothing has to be noted.
package socket

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxCall bounds the bytes of one call, during which the scheduler has to wait.
// What waits takes the ordinary way with larger pieces: its cost is nothing beside
// theirs, and a page that was cut up went out at a quarter of the rate.
const maxCall = 64 << 10

// Conn is a TCP connection. Reads are made by one goroutine at a time, and so are
// writes. Deadlines, and the end, are those of the connection that it was made of.
type Conn struct {
	tcp         *net.TCPConn
	raw         syscall.RawConn
	read, write call
}

// New returns a connection on c, which stays the caller's to close.
func New(c *net.TCPConn) (*Conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("descriptor of connection: %w", err)
	}
	s := &Conn{tcp: c, raw: raw}
	s.read.init("read", unix.SYS_READ)
	s.write.init("write", unix.SYS_WRITE)
	return s, nil
}

// Control calls f with the descriptor, which stays open meanwhile.
func (s *Conn) Control(f func(fd uintptr)) error { return s.raw.Control(f) }

// Read implements io.Reader.
func (s *Conn) Read(p []byte) (int, error) {
	if len(p) > maxCall {
		return s.tcp.Read(p)
	}
	n, err := s.read.do(s.raw.Read, p, true)
	if n == 0 && err == nil && len(p) > 0 {
		err = io.EOF
	}
	return n, err
}

// Write implements io.Writer.
func (s *Conn) Write(p []byte) (int, error) {
	if len(p) > maxCall {
		return s.tcp.Write(p)
	}
	for done := 0; ; {
		n, err := s.write.do(s.raw.Write, p[done:], true)
		if done += n; err != nil || done == len(p) {
			return done, err
		}
	}
}

// TryWrite writes as much as the kernel takes at once. Taking less is no error.
func (s *Conn) TryWrite(p []byte) (int, error) {
	for done := 0; ; {
		piece := p[done:min(len(p), done+maxCall)]
		n, err := s.write.do(s.raw.Write, piece, false)
		if done += n; err != nil || n < len(piece) || done == len(p) {
			return done, err
		}
	}
}

// call is a system call with a descriptor and a buffer, in one direction of one
// connection. It is part of the connection so that its closure is made once, and not
// for every call.
type call struct {
	name  string
	try   func(fd uintptr) (done bool)
	wait  bool // until the socket is ready
	p     []byte
	n     int
	errno syscall.Errno
}

func (c *call) init(name string, number uintptr) {
	c.name = name
	c.try = func(fd uintptr) bool {
		for {
			n, _, errno := unix.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(c.p))), uintptr(len(c.p)))
			if errno != unix.EINTR {
				c.n, c.errno = int(n), errno
				return errno != unix.EAGAIN || !c.wait
			}
		}
	}
}

// do makes one call by way of run, which waits and calls again as long as it is not
// done.
func (c *call) do(run func(func(fd uintptr) bool) error, p []byte, wait bool) (int, error) {
	c.p, c.wait, c.n, c.errno = p, wait, 0, 0
	err := run(c.try)
	c.p = nil
	switch {
	case err != nil:
		return 0, err // closed, or the deadline has passed
	case c.errno == unix.EAGAIN:
		return 0, nil
	case c.errno != 0:
		return 0, &net.OpError{Op: c.name, Net: "tcp", Err: os.NewSyscallError(c.name, c.errno)}
	default:
		return c.n, nil
	}
}
