package procfs

import (
	"bytes"
	"fmt"
	"strconv"
)

// Moved is what a process has read and written by system calls since it began, in
// bytes: files and pipes, and sockets where it uses read and write for them.
type Moved struct {
	Read, Written int64
}

// MovedBy returns what the process has moved.
func MovedBy(pid int) (Moved, error) {
	content, err := read(pid, "io")
	if err != nil {
		return Moved{}, err
	}
	m, err := parseIO(content)
	if err != nil {
		return Moved{}, fmt.Errorf("input and output of process %d: %w", pid, err)
	}
	return m, nil
}

func parseIO(content []byte) (m Moved, err error) {
	for _, field := range []struct {
		name  string
		value *int64
	}{{"rchar:", &m.Read}, {"wchar:", &m.Written}} {
		_, after, ok := bytes.Cut(content, []byte(field.name))
		if !ok {
			return Moved{}, fmt.Errorf("io has no %s", field.name)
		}
		line, _, _ := bytes.Cut(after, []byte{'\n'})
		if *field.value, err = strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64); err != nil {
			return Moved{}, fmt.Errorf("io: %w", err)
		}
	}
	return m, nil
}

// PeakOf returns the most that the process ever had in RAM, in bytes.
func PeakOf(pid int) (int64, error) {
	status, err := read(pid, "status")
	if err != nil {
		return 0, err
	}
	peak := kilobytes(status, "VmHWM:")
	if peak == 0 {
		return 0, fmt.Errorf("memory of process %d: status names no peak", pid)
	}
	return peak, nil
}
