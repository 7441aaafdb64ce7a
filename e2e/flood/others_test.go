package flood_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// tooManyOthers is the share of the processors from which on other processes can
// hold up a group by themselves.
const tooManyOthers = 0.2

// watchOthers returns the share of the machine's processor time that processes other
// than this one and the server use until the end is called.
func (s *server) watchOthers(t *testing.T) (end func() (share float64)) {
	t.Helper()
	allBefore, usedBefore := machineTime(t)
	oursBefore := s.ourTime(t)
	return func() float64 {
		t.Helper()
		all, used := machineTime(t)
		others := used - usedBefore - (s.ourTime(t) - oursBefore)
		return max(0, float64(others)/float64(all-allBefore))
	}
}

// tick is the unit of processor time in /proc.
const tick = 10 * time.Millisecond

// machineTime returns the time that all processors had since the machine began, and
// the part of it in which they worked for processes, or for another machine.
func machineTime(t *testing.T) (all, used time.Duration) {
	t.Helper()
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	const user, nice, system, steal = 1, 2, 3, 8
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := bytes.Fields(line)
	for i := user; i <= steal; i++ {
		n := ticks(t, fields[i])
		all += n
		switch i {
		case user, nice, system, steal:
			used += n
		}
	}
	return all, used
}

// ourTime returns the processor time of this process and the server.
func (s *server) ourTime(t *testing.T) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		t.Fatal(err)
	}
	// The program's name, the 2nd field, may hold blanks.
	const utime, stime = 14 - 3, 15 - 3
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return ticks(t, fields[utime]) + ticks(t, fields[stime]) +
		time.Duration(own.Utime.Nano()) + time.Duration(own.Stime.Nano())
}

func ticks(t *testing.T, field []byte) time.Duration {
	t.Helper()
	n, err := strconv.ParseInt(string(field), 10, 40)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n) * tick
}
