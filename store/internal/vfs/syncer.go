package vfs

import (
	"errors"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A sync sleeps in the kernel for as long as the disk takes, and a system call
// that sleeps keeps one of the scheduler's processors until somebody notices: on
// one core that is most of the sync. So a sync is handed to the kernel by its
// interface for asynchronous work (io_submit with IOCB_CMD_FDSYNC), which calls
// the same function and reports the same outcome, and the goroutine waits in the
// network poller like any other. Where that is not to be had, in an old kernel or
// a strict sandbox, the plain system call takes its place.
const (
	iocbFdsync  = 3 // IOCB_CMD_FDSYNC
	iocbEventFD = 1 // IOCB_FLAG_RESFD
	syncsAtOnce = 4 // that are asynchronous; more use the system call
)

// iocb and event are the kernel's struct iocb and struct io_event.
type iocb struct {
	_       [2]uint64
	opcode  uint16
	_       int16
	file    uint32
	_       [4]uint64
	flags   uint32
	eventFD uint32
}

type event struct {
	_, _   uint64
	result int64
	_      int64
}

// idle holds the asynchronous syncs that are not in use. They are the process's
// own, like its poller, and stay until it ends.
var idle idleSyncs

type idleSyncs struct {
	mu   sync.Mutex // guards what follows
	made bool
	free []*asyncSync
}

// take returns nil when there is none.
func (s *idleSyncs) take() *asyncSync {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.made {
		s.made = true
		for range syncsAtOnce {
			if a := newAsyncSync(); a != nil {
				s.free = append(s.free, a)
			}
		}
	}
	last := len(s.free) - 1
	if last < 0 {
		return nil
	}
	a := s.free[last]
	s.free = s.free[:last]
	return a
}

func (s *idleSyncs) give(a *asyncSync) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, a)
}

// CanWaitForSyncs reports whether a goroutine that waits for a sync leaves its
// processor to others.
func CanWaitForSyncs() bool {
	a := idle.take()
	if a == nil {
		return false
	}
	idle.give(a)
	return true
}

// fdatasync makes the bytes and the size of a file durable.
func fdatasync(fd int) error {
	if a := idle.take(); a != nil {
		defer idle.give(a)
		if a.submit(fd) {
			return a.wait()
		}
	}
	for {
		if err := unix.Fdatasync(fd); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// asyncSync is a queue in the kernel for one sync at a time.
type asyncSync struct {
	queue uintptr
	ended *os.File // an eventfd, readable when a sync has ended
	fd    uint32   // of ended
}

// newAsyncSync returns nil where there is no asynchronous sync.
func newAsyncSync() *asyncSync {
	var queue uintptr
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&queue)), 0); errno != 0 {
		return nil
	}
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Syscall(unix.SYS_IO_DESTROY, queue, 0, 0)
		return nil
	}
	return &asyncSync{queue: queue, ended: os.NewFile(uintptr(fd), "eventfd"), fd: uint32(fd)}
}

// submit begins a sync; false means that nothing was begun.
func (a *asyncSync) submit(fd int) bool {
	request := &iocb{opcode: iocbFdsync, file: uint32(fd), flags: iocbEventFD, eventFD: a.fd}
	n, _, errno := unix.RawSyscall(unix.SYS_IO_SUBMIT, a.queue, 1, uintptr(unsafe.Pointer(&request)))
	return errno == 0 && n == 1
}

// wait returns the outcome of the sync that was begun.
func (a *asyncSync) wait() error {
	var count [8]byte
	a.ended.Read(count[:]) // whatever comes of it, the next call waits for the end
	for {
		var e event
		n, _, errno := unix.Syscall6(unix.SYS_IO_GETEVENTS, a.queue, 1, 1, uintptr(unsafe.Pointer(&e)), 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return errno
		case n == 1 && e.result < 0:
			return unix.Errno(-e.result)
		case n == 1:
			return nil
		}
	}
}
