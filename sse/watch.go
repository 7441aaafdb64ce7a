package sse

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// watch notices when the clients of seats leave. Nobody reads from these
// connections, so the runtime would not tell; one epoll instance of our own does,
// itself watched by the runtime, so that one goroutine waits for all of them and
// holds no thread.
type watch struct {
	file *os.File // the epoll instance

	mu    sync.Mutex // guards what follows
	seats map[uint64]*Seat
	last  uint64 // token
}

func newWatch() (*watch, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("watch connections: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("watch connections: %w", err)
	}
	return &watch{file: os.NewFile(uintptr(fd), "epoll"), seats: make(map[uint64]*Seat)}, nil
}

// add begins to watch a seat. Tokens are never used again, as descriptors are, so
// that late news of one connection do not hit another.
func (w *watch) add(s *Seat) error {
	w.mu.Lock()
	w.last++
	s.token = w.last
	w.seats[s.token] = s
	w.mu.Unlock()
	ctl, err := w.file.SyscallConn()
	if err == nil {
		err = onBoth(ctl, s.sock, func(ep, fd uintptr) error {
			return unix.EpollCtl(int(ep), unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{
				Events: unix.EPOLLRDHUP | unix.EPOLLET,
				Fd:     int32(uint32(s.token)), Pad: int32(uint32(s.token >> 32)),
			})
		})
	}
	if err != nil {
		w.remove(s.token)
		return fmt.Errorf("watch connection: %w", err)
	}
	return nil
}

// onBoth calls f with the descriptors of two connections, which stay open meanwhile.
func onBoth(a, b controller, f func(a, b uintptr) error) error {
	var failed, gone error
	closed := a.Control(func(fa uintptr) {
		gone = b.Control(func(fb uintptr) { failed = f(fa, fb) })
	})
	return errors.Join(closed, gone, failed)
}

type controller interface {
	Control(f func(fd uintptr)) error
}

// remove ends the watching of a seat; closing the connection does the rest.
func (w *watch) remove(token uint64) {
	w.mu.Lock()
	delete(w.seats, token)
	w.mu.Unlock()
}

// run tells seats that their clients have left, until close.
func (w *watch) run() {
	ctl, err := w.file.SyscallConn()
	if err != nil {
		return
	}
	events := make([]unix.EpollEvent, 256)
	for {
		var n int
		err := ctl.Read(func(fd uintptr) bool {
			n, _ = unix.EpollWait(int(fd), events, 0)
			return n > 0
		})
		if err != nil {
			return // closed
		}
		for _, e := range events[:n] {
			if s := w.find(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32); s != nil {
				s.hangUp()
			}
		}
	}
}

func (w *watch) find(token uint64) *Seat {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seats[token]
}

// cut ends every connection that is still there, whoever has it.
func (w *watch) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.seats {
		s.conn.Close()
	}
}

func (w *watch) close() { w.file.Close() }
