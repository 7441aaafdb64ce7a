package netloop

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// dialTimeout bounds the wait for a server to accept.
const dialTimeout = 10 * time.Second

// perSource is how many connections leave from one loopback address before the
// next is taken: the kernel has 28,000 ports for each, and some of them rest after
// use.
const perSource = 20_000

// sources is how many loopback addresses are used, from 127.0.0.1 on.
const sources = 200

// Dial connects to a server. It waits until the connection stands, and then
// leaves it to the loop.
func (l *Loop) Dial(to netip.AddrPort, h Handler) (*Conn, error) {
	fd, err := connect(to, l.open/perSource)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", to, explain(err))
	}
	c := &Conn{loop: l, handler: h, fd: fd}
	if err := c.watch(unix.EPOLL_CTL_ADD, unix.EPOLLIN); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if more := fd + 1 - len(l.conns); more > 0 {
		l.conns = append(l.conns, make([]*Conn, more)...)
	}
	l.conns[fd] = c
	l.open++
	return c, nil
}

// connect returns a socket that does not block, connected from the loopback
// address of that number if to is a loopback address of IPv4.
func connect(to netip.AddrPort, source int) (fd int, err error) {
	family, remote := sockaddr(to)
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	defer func() {
		if err != nil {
			unix.Close(fd)
		}
	}()
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return -1, fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	if source > 0 && family == unix.AF_INET && to.Addr().Unmap().IsLoopback() {
		if err := bindSource(fd, source); err != nil {
			return -1, err
		}
	}
	err = unix.Connect(fd, remote)
	if err == unix.EINPROGRESS || err == unix.EINTR {
		err = awaitConnected(fd)
	}
	return fd, err
}

// bindSource gives a socket a source address of its own. The port is chosen when
// it connects, which lets ports be used again for another address.
func bindSource(fd, source int) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return fmt.Errorf("set IP_BIND_ADDRESS_NO_PORT: %w", err)
	}
	local := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(1 + source%sources)}}
	if err := unix.Bind(fd, local); err != nil {
		return fmt.Errorf("bind to 127.0.0.%d: %w", local.Addr[3], err)
	}
	return nil
}

func awaitConnected(fd int) error {
	ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for deadline := time.Now().Add(dialTimeout); ; {
		left := time.Until(deadline)
		if left <= 0 {
			return os.ErrDeadlineExceeded
		}
		n, err := unix.Poll(ready, int(left/time.Millisecond)+1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("poll: %w", err)
		}
		if n > 0 {
			break
		}
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return fmt.Errorf("get SO_ERROR: %w", err)
	}
	if code != 0 {
		return unix.Errno(code)
	}
	return nil
}

func sockaddr(to netip.AddrPort) (family int, remote unix.Sockaddr) {
	if ip := to.Addr().Unmap(); ip.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(to.Port()), Addr: ip.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
}

// explain adds to an error what can be done about it.
func explain(err error) error {
	switch {
	case errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE):
		return fmt.Errorf("%w; raise the limit of open files (ulimit -n) and try again", err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this address has no free port left; widen net.ipv4.ip_local_port_range, or ask for fewer connections", err)
	case errors.Is(err, unix.ECONNREFUSED):
		return fmt.Errorf("%w; is the server running?", err)
	}
	return err
}
