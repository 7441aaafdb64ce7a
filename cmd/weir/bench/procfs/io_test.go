package procfs_test

import (
	"os"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/bench/procfs"
)

func TestMovedBy(t *testing.T) {
	before, err := procfs.MovedBy(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	const size = 1 << 20
	if _, err := null.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	after, err := procfs.MovedBy(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got := after.Written - before.Written; got < size || got > 2*size {
		t.Errorf("got %d bytes written, want %d and little else", got, size)
	}
	if after.Read <= before.Read {
		t.Errorf("got %d bytes read after %d, want more: reading /proc is reading", after.Read, before.Read)
	}
	if got, err := procfs.MovedBy(noProcess); err == nil {
		t.Errorf("of no process: got %+v, want an error", got)
	}
}

func TestParseIO(t *testing.T) {
	got, err := procfs.ParseIO([]byte("rchar: 12\nwchar: 34\nsyscr: 5\n"))
	if want := (procfs.Moved{Read: 12, Written: 34}); err != nil || got != want {
		t.Errorf("got %+v, error %v, want %+v", got, err, want)
	}
	for _, content := range []string{"", "rchar: 12\n", "rchar: x\nwchar: 1\n", "rchar: 1\nwchar: -\n"} {
		if got, err := procfs.ParseIO([]byte(content)); err == nil || got != (procfs.Moved{}) {
			t.Errorf("%q: got %+v, error %v, want nothing and an error", content, got, err)
		}
	}
}

func FuzzParseIO(f *testing.F) {
	f.Add([]byte("rchar: 12\nwchar: 34\n"))
	f.Add([]byte("wchar:rchar:"))
	f.Add([]byte("rchar: 99999999999999999999\nwchar: 1"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if got, err := procfs.ParseIO(content); err != nil && got != (procfs.Moved{}) {
			t.Errorf("got %+v beside error %v, want nothing", got, err)
		}
	})
}

func TestPeakOf(t *testing.T) {
	m, err := procfs.MemoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := procfs.PeakOf(os.Getpid()); err != nil || got < m.Resident/2 {
		t.Errorf("got a peak of %d, error %v, want about %d at least", got, err, m.Resident)
	}
	if got, err := procfs.PeakOf(noProcess); err == nil {
		t.Errorf("of no process: got %d, want an error", got)
	}
}
