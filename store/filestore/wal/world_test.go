package wal_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store/filestore/wal"
)

const dir = "log"

var storeID = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// checker is what *testing.T and *rapid.T share.
type checker interface {
	Helper()
	Fatalf(format string, args ...any)
}

// world is a log together with what it must hold. Payloads differ even where an
// LSN is used twice, so that a record taken back is told from its replacement.
type world struct {
	t       checker
	fs      *memFS
	opts    *wal.Options
	log     *wal.Log
	from    uint64            // first LSN that a restart needs
	records map[uint64][]byte // flushed, by LSN
	pending [][]byte          // appended since the last flush
	doubt   [][]byte          // in a flush that broke the log: there or not
	next    uint64            // first LSN not flushed
	durable uint64            // first LSN that a restart may lose
	serial  int
}

func newWorld(t checker, segmentBytes int64, zeroAhead int) *world {
	w := &world{t: t, fs: newMemFS(), from: 1, next: 1, durable: 1, records: map[uint64][]byte{},
		opts: &wal.Options{SegmentBytes: segmentBytes, MaxRecordBytes: 1 << 16, ZeroAhead: zeroAhead}}
	w.reopen()
	return w
}

func (w *world) append(size int) {
	w.t.Helper()
	w.serial++
	payload := bytes.Repeat([]byte{byte(w.serial)}, size)
	payload = fmt.Appendf(payload, "#%d", w.serial)
	lsn, err := w.log.Append(func(dst []byte) []byte { return append(dst, payload...) })
	if w.tolerated(err) {
		return
	}
	if want := w.next + uint64(len(w.pending)); lsn != want {
		w.t.Fatalf("append: got record number %d, want %d", lsn, want)
	}
	w.pending = append(w.pending, payload)
}

func (w *world) flush() {
	w.t.Helper()
	w.flushed(w.log.Flush())
}

// flushed books the outcome of a call that flushed first.
func (w *world) flushed(err error) bool {
	w.t.Helper()
	if w.tolerated(err) {
		if errors.Is(err, wal.ErrBroken) && w.doubt == nil {
			w.doubt = w.pending
		}
		w.pending = nil
		return false
	}
	for _, payload := range w.pending {
		w.records[w.next] = payload
		w.next++
	}
	w.pending = nil
	return true
}

func (w *world) sync() {
	w.t.Helper()
	if !w.tolerated(w.log.Sync()) {
		w.durable = w.next
	}
}

func (w *world) rotate() {
	w.t.Helper()
	// A Rotate that fails in its own half has flushed all the same.
	if !w.flushed(w.log.Flush()) {
		return
	}
	start, err := w.log.Rotate()
	if w.tolerated(err) {
		return
	}
	if start != w.next {
		w.t.Fatalf("rotate: got start %d, want %d", start, w.next)
	}
	w.durable = w.next
}

// checkpoint lets go of the records before an LSN, which must be durable.
func (w *world) checkpoint(before uint64) {
	w.t.Helper()
	w.from = max(w.from, min(before, w.durable))
	w.tolerated(w.log.Trim(w.from))
}

// tolerated reports whether err came from a fault; no other error may occur.
func (w *world) tolerated(err error) bool {
	w.t.Helper()
	if err == nil {
		return false
	}
	if !errors.Is(err, errInjected) {
		w.t.Fatalf("got unexpected error: %v", err)
	}
	return true
}

// crash ends the log as c says, opens what is left and checks it.
func (w *world) crash(c crash, pick func(int) int) {
	w.t.Helper()
	w.fs = c.fs(w.fs, pick)
	w.pending = nil
	if c.keepsFlushed {
		w.durable = w.next
	}
	w.reopen()
}

// reopen opens the log without faults and holds it against the model: all that
// was synced is there, nothing is out of order, and beyond that there is only
// what was flushed.
func (w *world) reopen() {
	w.t.Helper()
	w.fs.fault = nil
	want := w.from
	replay := func(lsn uint64, payload []byte) error {
		if lsn != want {
			return fmt.Errorf("got record %d, want %d", lsn, want)
		}
		want++
		if known := w.known(lsn); !bytes.Equal(payload, known) {
			return fmt.Errorf("record %d: got %q, want %q", lsn, payload, known)
		}
		w.records[lsn] = bytes.Clone(payload)
		return nil
	}
	log, _, err := wal.Open(w.fs, dir, storeID, w.from, w.opts, replay)
	if err != nil {
		w.t.Fatalf("reopen: %v", err)
	}
	if want < w.durable {
		w.t.Fatalf("reopen: got records up to %d, want at least up to %d", want-1, w.durable-1)
	}
	if log.Next() != want || log.Durable() != want {
		w.t.Fatalf("reopen: got next %d and durable %d, want %d for both", log.Next(), log.Durable(), want)
	}
	w.log, w.next, w.durable, w.doubt = log, want, want, nil
}

// known returns what may stand in the log under an LSN, nil for nothing.
func (w *world) known(lsn uint64) []byte {
	if lsn < w.next {
		return w.records[lsn]
	}
	if i := lsn - w.next; i < uint64(len(w.doubt)) {
		return w.doubt[i]
	}
	return nil
}
