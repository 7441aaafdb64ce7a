package netloop

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// filesBeside is how many descriptors a process needs that are not connections.
const filesBeside = 64

// MakeRoom lets this process have so many connections at once: it raises its limit
// of open files as far as it may, and returns an error that says what to do when
// that is not far enough.
func MakeRoom(conns int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("get the limit of open files: %w", err)
	}
	need := uint64(conns + filesBeside)
	if need <= limit.Cur {
		return nil
	}
	if need > limit.Max {
		return fmt.Errorf("%d connections need %d open files, and at most %d are allowed here: "+
			"raise the hard limit (as root: ulimit -Hn %d; systemd: LimitNOFILE=) here and for the server, or ask for fewer",
			conns, need, limit.Max, need)
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raise the limit of open files to %d: %w", limit.Max, err)
	}
	return nil
}
