// Package procfs reads how much processor time and memory a process has used, from
// Linux' /proc.
package procfs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of processor time in /proc: USER_HZ, which is 100 on every
// platform that Go supports.
const tick = 10 * time.Millisecond

// CPU returns the processor time that the process has used, in its own code and in
// the kernel's, over all threads.
func CPU(pid int) (time.Duration, error) {
	stat, err := read(pid, "stat")
	if err != nil {
		return 0, err
	}
	used, err := parseStat(stat)
	if err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	return used, nil
}

// parseStat reads utime and stime, the 14th and 15th field. The second is the
// program's name in parentheses, which may itself contain blanks and parentheses.
func parseStat(stat []byte) (time.Duration, error) {
	const utime, stime = 14 - 3, 15 - 3
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= stime {
		return 0, errors.New("stat has too few fields")
	}
	ticks := uint64(0)
	for _, field := range [][]byte{fields[utime], fields[stime]} {
		const bits = 38 // 87 years, of which two, in nanoseconds, fit a Duration
		n, err := strconv.ParseUint(string(field), 10, bits)
		if err != nil {
			return 0, fmt.Errorf("stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// Memory is what a process has in RAM, in bytes.
type Memory struct {
	Anonymous int64 // its heap and stacks
	Resident  int64 // with the files that are mapped
	Shared    int64 // resident, each page divided by the processes that share it (PSS); 0 where that cannot be read
}

// MemoryOf returns the memory of the process.
func MemoryOf(pid int) (Memory, error) {
	status, err := read(pid, "status")
	if err != nil {
		return Memory{}, err
	}
	m := Memory{Anonymous: kilobytes(status, "RssAnon:"), Resident: kilobytes(status, "VmRSS:")}
	if m.Resident == 0 {
		return Memory{}, fmt.Errorf("memory of process %d: status names none", pid)
	}
	// Another user's rollup may not be read, where its status may.
	if rollup, err := read(pid, "smaps_rollup"); err == nil {
		m.Shared = kilobytes(rollup, "Pss:")
	}
	return m, nil
}

// kilobytes returns the value in a line such as "VmRSS:  1234 kB", in bytes, or 0
// when there is none.
func kilobytes(file []byte, name string) int64 {
	for line := range bytes.Lines(file) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		if !ok {
			continue
		}
		value, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte{' '})
		n, err := strconv.ParseInt(string(value), 10, 50)
		if err != nil {
			return 0
		}
		return n << 10
	}
	return 0
}

func read(pid int, file string) ([]byte, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no process %d", pid)
	}
	return content, err
}
