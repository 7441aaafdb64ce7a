package weirtest

import (
	"fmt"
	"os"
)

// Descriptors returns how many file descriptors the server has open. It works
// where /proc does.
func (s *Server) Descriptors() (int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.proc.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("count descriptors: %w", err)
	}
	return len(entries), nil
}
