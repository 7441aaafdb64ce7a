package wal_test

import (
	"errors"
	"io"
	"path"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

// TestCut copies a log by its cuts while it goes on and is trimmed. What is opened
// has the records of the moment of the cut.
func TestCut(t *testing.T) {
	fs := newMemFS()
	l, _, err := wal.Open(fs, dir, storeID, 1, &wal.Options{SegmentBytes: 200, ZeroAhead: 64}, ignore)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		appendFlushed(t, l)
	}
	const from = 7
	cuts, err := l.Cut(from)
	if err != nil {
		t.Fatalf("cut: got error %v, want none", err)
	}
	for range 20 {
		appendFlushed(t, l)
	}
	if err := l.Trim(l.Next()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	to := newMemFS()
	if err := to.MkdirAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, c := range cuts {
		if err := c.Verify(); err != nil {
			t.Errorf("verify %s: got error %v, want none", c.Name, err)
		}
		b, err := io.ReadAll(c.Reader())
		if err != nil || int64(len(b)) != c.Size {
			t.Fatalf("read %s: got %d bytes and error %v, want %d", c.Name, len(b), err, c.Size)
		}
		f, err := to.Create(path.Join(dir, c.Name))
		if err != nil {
			t.Fatal(err)
		}
		f.WriteAt(b, 0)
	}
	if err := wal.CloseCuts(cuts); err != nil {
		t.Errorf("close: got error %v, want none", err)
	}
	next := uint64(from)
	again, _, err := wal.Open(to, dir, storeID, from, nil, func(lsn uint64, payload []byte) error {
		if lsn != next || string(payload) != record {
			t.Errorf("record: got %d with %q, want %d with %q", lsn, payload, next, record)
		}
		next++
		return nil
	})
	if err != nil || next != 21 {
		t.Fatalf("open the copy: got records up to %d and error %v, want up to 20", next-1, err)
	}
	again.Close()
}

// TestCutOfDamage flips a bit in each byte of a log: Verify finds it.
func TestCutOfDamage(t *testing.T) {
	fs := newMemFS()
	l, _, err := wal.Open(fs, dir, storeID, 1, &wal.Options{SegmentBytes: 150, ZeroAhead: 64}, ignore)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 6 {
		appendFlushed(t, l)
	}
	cuts, err := l.Cut(1)
	if err != nil {
		t.Fatal(err)
	}
	defer wal.CloseCuts(cuts)
	for _, c := range cuts {
		f, err := fs.OpenWrite(path.Join(dir, c.Name))
		if err != nil {
			t.Fatal(err)
		}
		for at := range c.Size {
			var b [1]byte
			f.ReadAt(b[:], at)
			f.WriteAt([]byte{b[0] ^ 1}, at)
			if damage := c.Verify(); damage == nil {
				t.Errorf("%s with a flipped bit at %d: got no error, want one", c.Name, at)
			}
			f.WriteAt(b[:], at)
		}
		f.Close()
	}
	l.Close()
	if _, err := l.Cut(1); !errors.Is(err, wal.ErrClosed) {
		t.Errorf("cut of a closed log: got error %v, want %v", err, wal.ErrClosed)
	}
}

const record = "a record"

func appendFlushed(t *testing.T, l *wal.Log) {
	t.Helper()
	_, err := l.Append(func(dst []byte) []byte { return append(dst, record...) })
	if err = errors.Join(err, l.Flush()); err != nil {
		t.Fatal(err)
	}
}
