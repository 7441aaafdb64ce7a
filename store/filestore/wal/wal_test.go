package wal_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
	"github.com/weirstreams/weir/store/internal/vfs"
)

func ignore(uint64, []byte) error { return nil }

func payload(p []byte) func([]byte) []byte {
	return func(dst []byte) []byte { return append(dst, p...) }
}

// TestOnDisk goes once through everything on a real directory.
func TestOnDisk(t *testing.T) {
	fs := vfs.OS(t.TempDir())
	l, found, err := wal.Open(fs, "a/log", storeID, 1, nil, ignore)
	must(t, err)
	if want := (wal.Recovery{Segments: 1}); found != want {
		t.Errorf("new log: got %+v, want %+v", found, want)
	}
	var want []string
	for n := range 10 {
		p := fmt.Sprintf("payload %d", n)
		want = append(want, p)
		_, err := l.Append(payload([]byte(p)))
		must(t, err)
		if n == 4 {
			start, err := l.Rotate()
			must(t, err)
			if start != 6 {
				t.Errorf("rotate: got %d, want 6", start)
			}
		}
	}
	must(t, l.Trim(6))
	must(t, l.Close())

	var got []string
	l, found, err = wal.Open(fs, "a/log", storeID, 6, nil, func(_ uint64, p []byte) error {
		got = append(got, string(p))
		return nil
	})
	must(t, err)
	if !slices.Equal(got, want[5:]) {
		t.Errorf("got %q, want %q", got, want[5:])
	}
	if want := (wal.Recovery{Records: 5, Bytes: 45, Segments: 1}); found != want {
		t.Errorf("got %+v, want %+v", found, want)
	}
	next, err := wal.Verify(fs, "a/log", storeID, noDamage(t))
	must(t, err)
	if want := l.Next(); next != want {
		t.Errorf("verify: got next record %d, want %d", next, want)
	}
	must(t, l.Close())
}

func TestNothingIsWrittenBeforeFlush(t *testing.T) {
	m := newMemFS()
	l := open(t, m, 1, nil)
	before := m.contents()
	_, err := l.Append(payload([]byte("x")))
	must(t, err)
	unchanged(t, m, before)
	if got := l.Next(); got != 2 {
		t.Errorf("got next %d, want 2", got)
	}
	must(t, l.Flush())
	if got, want := l.Size(), int64(wal.HeaderSize+wal.RecordHeaderSize+1); got != want {
		t.Errorf("got size %d, want %d", got, want)
	}
	if got := l.Durable(); got != 1 {
		t.Errorf("got durable %d before the sync, want 1", got)
	}
	must(t, l.Sync())
	if got := l.Durable(); got != 2 {
		t.Errorf("got durable %d after the sync, want 2", got)
	}
}

func TestOneFlushIsOneWrite(t *testing.T) {
	m := newMemFS()
	l := open(t, m, 1, nil)
	ops := map[string]int{}
	m.fault = func(op, _ string) fault { ops[op]++; return noFault }
	for range 64 {
		_, err := l.Append(payload(make([]byte, 300)))
		must(t, err)
	}
	must(t, l.Flush())
	must(t, l.Sync())
	must(t, l.Sync())
	if len(ops) != 2 || ops["write"] != 1 || ops["sync"] != 1 {
		t.Errorf("got %v, want one write and one sync", ops)
	}
}

func TestLargeBufferIsNotKept(t *testing.T) {
	l := open(t, newMemFS(), 1, nil)
	for _, size := range []int{16 << 20, 1 << 20} {
		_, err := l.Append(payload(make([]byte, size)))
		must(t, err)
		must(t, l.Flush())
		if got, most := l.BufferCap(), 8<<20; got > most {
			t.Errorf("after a record of %d bytes: got a buffer of %d, want at most %d", size, got, most)
		}
	}
	if l.BufferCap() == 0 {
		t.Error("got no buffer after a small batch, want it kept")
	}
}

func TestTooLargeLeavesTheBufferAlone(t *testing.T) {
	m := newMemFS()
	opts := &wal.Options{MaxRecordBytes: 100}
	l, _, err := wal.Open(m, dir, storeID, 1, opts, ignore)
	must(t, err)
	_, err = l.Append(payload(make([]byte, 100)))
	must(t, err)
	if _, err := l.Append(payload(make([]byte, 101))); !errors.Is(err, wal.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	lsn, err := l.Append(payload([]byte("small")))
	must(t, err)
	if lsn != 2 {
		t.Errorf("got record number %d, want 2", lsn)
	}
	must(t, l.Close())

	// A lower limit than the records of the past have is no hindrance.
	opts.MaxRecordBytes = 1
	_, found, err := wal.Open(m, dir, storeID, 1, opts, ignore)
	must(t, err)
	if found.Records != 2 || found.Bytes != 105 || found.TornBytes != 0 {
		t.Errorf("got %+v, want 2 records with 105 bytes", found)
	}
}

func TestClose(t *testing.T) {
	m := newMemFS()
	l := open(t, m, 1, nil)
	_, err := l.Append(payload([]byte("kept")))
	must(t, err)
	must(t, l.Close())
	must(t, l.Close())
	if err := l.Sync(); !errors.Is(err, wal.ErrClosed) {
		t.Errorf("sync after close: got %v, want ErrClosed", err)
	}
	var got []string
	open(t, powerLost.fs(m, nil), 1, &got)
	if want := []string{"kept"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []wal.Options{{SegmentBytes: -1}, {ZeroAhead: -1}, {MaxRecordBytes: -1}, {MaxRecordBytes: wal.MaxPayload + 1}} {
		if _, _, err := wal.Open(newMemFS(), dir, storeID, 1, &o, ignore); err == nil {
			t.Errorf("%+v: got no error", o)
		}
	}
}
