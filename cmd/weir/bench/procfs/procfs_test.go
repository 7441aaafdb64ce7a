package procfs_test

import (
	"os"
	"runtime/debug"
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/procfs"
)

// noProcess is above what Linux gives to a process.
const noProcess = 1<<22 + 1

func TestCPU(t *testing.T) {
	before, err := procfs.CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for used, deadline := before, time.Now().Add(10*time.Second); used < before+20*time.Millisecond; {
		if time.Now().After(deadline) {
			t.Fatalf("got %v of processor time after 10s of work, want at least 20ms more than %v", used, before)
		}
		if used, err = procfs.CPU(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := procfs.CPU(noProcess); err == nil {
		t.Errorf("of no process: got %v, want an error", got)
	}
}

func TestMemoryOf(t *testing.T) {
	debug.FreeOSMemory() // what is free here already would not be taken from the machine
	before, err := procfs.MemoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	block := make([]byte, size)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	after, err := procfs.MemoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if grown := after.Anonymous - before.Anonymous; grown < size*9/10 || grown > size*10 {
		t.Errorf("got %d bytes more, want %d and little else", grown, size)
	}
	if after.Resident < after.Anonymous || block[0] != 1 {
		t.Errorf("got %+v, want more resident than anonymous", after)
	}
	if got, err := procfs.MemoryOf(noProcess); err == nil {
		t.Errorf("of no process: got %+v, want an error", got)
	}
}

func TestParseStat(t *testing.T) {
	const after = " S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0"
	for _, name := range []string{"(weir)", "(a b)", "(a) (b)", "())"} {
		if got, err := procfs.ParseStat([]byte("42 " + name + after)); err != nil || got != 2*time.Second {
			t.Errorf("a program called %s: got %v, error %v, want 2s", name, got, err)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (weir) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0"))
	f.Add([]byte("42 (weir"))
	f.Add([]byte(") S 1 2 3 4 5 6 7 8 9 10 -150 50"))
	f.Add([]byte(") S 1 2 3 4 5 6 7 8 9 10 9223372036854775807 9223372036854775807"))
	f.Add([]byte(") S 1 2 3 4 5 6 7 8 9 10 1099511627775 1099511627775"))
	f.Add([]byte(") S 1 2 3 4 5 6 7 8 9 10 274877906943 274877906943"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, stat []byte) {
		got, err := procfs.ParseStat(stat)
		if got < 0 || got%(10*time.Millisecond) != 0 || err != nil && got != 0 {
			t.Errorf("got %v, error %v, want a number of ticks, and 0 beside an error", got, err)
		}
	})
}
