package wal_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

// Three segments with three records each, "record 1" to "record 9". All are
// synced but the last. Record 9 shows that 8 was synced, and nothing shows
// whether 9 was.
const (
	seg1 = "log/0000000000000001.wal"
	seg4 = "log/0000000000000004.wal"
	seg7 = "log/0000000000000007.wal"
	segA = "log/000000000000000a.wal"

	recordSize = wal.RecordHeaderSize + 8
	at1        = wal.HeaderSize   // first record of a segment
	at2        = at1 + recordSize // second
	at3        = at2 + recordSize // third
	segEnd     = at3 + recordSize // end of a segment
)

func nineRecords(t testing.TB) *memFS {
	t.Helper()
	m := newMemFS()
	l := open(t, m, 1, nil)
	for n := 1; n <= 9; n++ {
		if _, err := l.Append(func(p []byte) []byte { return fmt.Appendf(p, "record %d", n) }); err != nil {
			t.Fatalf("append: %v", err)
		}
		must(t, l.Flush())
		if n == 9 {
			break
		}
		must(t, l.Sync())
		if n%3 == 0 {
			if _, err := l.Rotate(); err != nil {
				t.Fatalf("rotate: %v", err)
			}
		}
	}
	for _, name := range []string{seg1, seg4, seg7} {
		if got := len(m.names[name].data); got != segEnd {
			t.Fatalf("%s: got %d bytes, want %d", name, got, segEnd)
		}
	}
	return m
}

// open opens a log that must open, and collects the payloads replayed.
func open(t testing.TB, m *memFS, from uint64, got *[]string) *wal.Log {
	t.Helper()
	l, _, err := wal.Open(m, dir, storeID, from, nil, func(_ uint64, payload []byte) error {
		if got != nil {
			*got = append(*got, string(payload))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("got unexpected error: %v", err)
	}
}

// records returns the payloads of the records from to last.
func records(from, last int) []string {
	var want []string
	for n := from; n <= last; n++ {
		want = append(want, fmt.Sprintf("record %d", n))
	}
	return want
}

// contents returns every file with its bytes.
func (m *memFS) contents() map[string]string {
	files := map[string]string{}
	for name, n := range m.names {
		files[name] = string(n.data)
	}
	return files
}

// unchanged fails the test when files differ from before.
func unchanged(t *testing.T, m *memFS, before map[string]string) {
	t.Helper()
	if after := m.contents(); !maps.Equal(before, after) {
		t.Errorf("files were changed: got %v, want %v", slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before)))
	}
}

// The damages below act on one file of a memFS.

// flip turns over the second highest bit of a byte.
func flip(name string, at int) func(*memFS) {
	return func(m *memFS) { m.names[name].data[at] ^= 0x40 }
}

// spoil turns over two bits, which no check takes for one.
func spoil(name string, at int) func(*memFS) {
	return func(m *memFS) { m.names[name].data[at] ^= 0x41 }
}

func add(name string, tail ...byte) func(*memFS) {
	return func(m *memFS) { m.names[name].data = append(m.names[name].data, tail...) }
}

func set(name string, data ...byte) func(*memFS) {
	return func(m *memFS) { m.put(name, data) }
}

// next makes the file of a fourth segment, before which the third was synced.
func next(data ...byte) func(*memFS) {
	return func(m *memFS) {
		m.put(seg7, m.names[seg7].data)
		m.put(segA, data)
	}
}

func drop(names ...string) func(*memFS) {
	return func(m *memFS) {
		for _, name := range names {
			delete(m.names, name)
		}
	}
}

// repeat inserts a second copy of the bytes from at to end, behind them.
func repeat(name string, at, end int) func(*memFS) {
	return func(m *memFS) {
		n := m.names[name]
		n.data = slices.Insert(n.data, end, slices.Clone(n.data[at:end])...)
	}
}

func all(damages ...func(*memFS)) func(*memFS) {
	return func(m *memFS) {
		for _, damage := range damages {
			damage(m)
		}
	}
}
