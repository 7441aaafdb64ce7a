package wal_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
)

var crashes = []crash{killed, powerLost, powerTorn}

// work goes through every kind of call, with segments that hold few records.
func work(w *world) {
	for round := range 4 {
		for i := range 3 {
			w.append(20 * i)
		}
		w.flush()
		w.append(5)
		w.append(70)
		w.flush()
		w.sync()
		w.append(round)
		w.rotate()
		w.checkpoint(w.durable - min(w.durable, 6))
		w.append(33)
		w.flush()
	}
}

// TestEveryFault fails each operation in turn, in each way, once and for ever
// after, then ends the process in each way and looks at what is left.
func TestEveryFault(t *testing.T) {
	ways := map[string]fault{"before": failBefore, "after": failAfter, "half": failHalf}
	for way, f := range ways {
		for _, sticky := range []bool{false, true} {
			for _, ahead := range []int{0, 100} {
				t.Run(fmt.Sprintf("%s/sticky=%v/ahead=%d", way, sticky, ahead), func(t *testing.T) {
					for n := 0; ; n++ {
						if !failNth(t, n, f, sticky, ahead) {
							break
						}
					}
				})
			}
		}
	}
}

// failNth reports whether there were as many as n operations to fail.
func failNth(t *testing.T, n int, f fault, sticky bool, ahead int) (reached bool) {
	for _, c := range crashes {
		rng := rand.New(rand.NewPCG(uint64(n), uint64(f)))
		at := &place{T: t, what: fmt.Sprintf("operation %d, crash %s", n, c.name)}
		w := newWorld(at, 300, ahead)
		count := 0
		w.fs.fault = func(op, file string) fault {
			count++
			if count == n+1 {
				at.what += ", " + op + " " + file
			}
			if count == n+1 || sticky && count > n {
				return f
			}
			return noFault
		}
		work(w)
		reached = count > n
		w.crash(c, rng.IntN)
		work(w)
		w.crash(killed, rng.IntN)
	}
	return reached
}

// place is a checker that says where it was when it failed.
type place struct {
	*testing.T
	what string
}

func (p *place) Fatalf(format string, args ...any) {
	p.Helper()
	p.T.Fatalf(p.what+": "+format, args...)
}

// TestFaultsDuringRecovery lets every operation of Open fail, on a log that
// needs repair. A failed Open must leave all for the next.
func TestFaultsDuringRecovery(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 0))
		for n := 0; ; n++ {
			w := newWorld(t, 300, 100)
			work(w)
			w.append(50)
			w.flush()
			w.fs = powerTorn.fs(w.fs, rng.IntN)
			count := 0
			w.fs.fault = func(string, string) fault {
				if count++; count-1 == n {
					return fault(1 + rng.IntN(3))
				}
				return noFault
			}
			_, _, err := wal.Open(w.fs, dir, storeID, w.from, w.opts, ignore)
			if count > n && !errors.Is(err, errInjected) {
				t.Fatalf("operation %d failed: got %v from Open, want the failure", n, err)
			}
			if count <= n {
				break
			}
			w.crash(powerLost, nil)
		}
	}
}

// TestFailedSyncBreaksTheLogForEver fails the sync that a call comes to, of a
// log with one flushed record, and no other.
func TestFailedSyncBreaksTheLogForEver(t *testing.T) {
	rotate := func(l *wal.Log) error { _, err := l.Rotate(); return err }
	tests := []struct {
		name string
		op   string
		nth  int
		call func(*wal.Log) error
	}{
		{"sync", "sync", 1, (*wal.Log).Sync},
		{"close", "sync", 1, (*wal.Log).Close},
		{"rotate, old segment", "sync", 1, rotate},
		{"rotate, new segment", "sync", 2, rotate},
		{"rotate, new name", "syncdir", 1, rotate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 1<<20, 0)
			w.append(10)
			w.flush()
			syncs := 0
			w.fs.fault = func(op, _ string) fault {
				if op == tt.op {
					syncs++
					if syncs == tt.nth {
						return failBefore
					}
				}
				return noFault
			}
			if err := tt.call(w.log); !errors.Is(err, wal.ErrBroken) || !errors.Is(err, errInjected) {
				t.Fatalf("got %v, want ErrBroken with the cause", err)
			}
			if tt.name != "close" {
				staysBroken(t, w.log)
			}
			if syncs != tt.nth {
				t.Errorf("got %d syncs, want %d: a failed one is never tried again", syncs, tt.nth)
			}
		})
	}
}

func staysBroken(t *testing.T, l *wal.Log) {
	t.Helper()
	calls := map[string]func() error{
		"sync":   l.Sync,
		"flush":  l.Flush,
		"trim":   func() error { return l.Trim(1) },
		"rotate": func() error { _, err := l.Rotate(); return err },
		"append": func() error { _, err := l.Append(func(p []byte) []byte { return p }); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, wal.ErrBroken) || !errors.Is(err, errInjected) {
			t.Errorf("%s on a broken log: got %v, want ErrBroken with the cause", name, err)
		}
	}
	if err := l.Close(); !errors.Is(err, wal.ErrBroken) {
		t.Errorf("close of a broken log: got %v, want ErrBroken", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second close: got %v, want none", err)
	}
}

func TestFailedCutBreaksTheLog(t *testing.T) {
	w := newWorld(t, 1<<20, 0)
	w.fs.fault = func(op, _ string) fault {
		if op == "write" || op == "truncate" {
			return failHalf
		}
		return noFault
	}
	w.append(10)
	if err := w.log.Flush(); !errors.Is(err, wal.ErrBroken) {
		t.Errorf("got %v, want ErrBroken", err)
	}
	staysBroken(t, w.log)
}

// TestFailedWriteIsTakenBack crashes, in several ways, right after a write that
// failed, and after its numbers were used again.
func TestFailedWriteIsTakenBack(t *testing.T) {
	for way, want := range map[fault]error{
		failBefore: errInjected, failAfter: errInjected, failHalf: errInjected, shortHalf: io.ErrShortWrite,
	} {
		for seed := range uint64(30) {
			rng := rand.New(rand.NewPCG(seed, uint64(way)))
			w := newWorld(t, 1<<20, 0)
			w.append(10)
			w.flush()
			w.sync()
			size := w.log.Size()
			w.failWrites(way)
			w.append(100)
			w.append(100)
			if err := w.log.Flush(); !errors.Is(err, want) || errors.Is(err, wal.ErrBroken) {
				t.Fatalf("got %v, want %v and a log that goes on", err, want)
			}
			w.pending = nil
			if got := int64(len(w.fs.names[seg1].data)); got != size || w.log.Size() != size {
				t.Errorf("got a segment of %d bytes and size %d, want %d", got, w.log.Size(), size)
			}
			if seed%2 == 0 {
				w.crash(powerTorn, rng.IntN)
			}
			w.fs.fault = nil
			w.append(1) // checks that it gets the number of a record taken back
			w.flush()
			w.crash(killed, nil)
		}
	}
}

func (w *world) failWrites(way fault) {
	w.fs.fault = func(op, _ string) fault {
		if op == "write" {
			return way
		}
		return noFault
	}
}
