package storetest

import (
	"fmt"
	"sync"

	"github.com/weirstreams/weir/store"
)

var crashTests = map[string]func(*fixture){
	"under load": testCrashUnderLoad,
}

// testCrashUnderLoad crashes a store that many write to. What was acknowledged is
// there, in order, once; what was not is there whole or not at all.
func testCrashUnderLoad(f *fixture) {
	if !f.durable() {
		return
	}
	const writers = 5
	acked := make([]int, writers)
	for w := range writers {
		f.plain(fmt.Sprint("w", w), "")
	}
	for range 4 {
		var writing sync.WaitGroup
		progress := make(chan struct{}, writers)
		for w := range writers {
			writing.Go(func() { f.writeUntilCrash(w, &acked[w], progress) })
		}
		for range 40 {
			<-progress
		}
		go func() { // the others must not wait for one to be read
			for range progress {
			}
		}()
		f.Crash(f.store)
		writing.Wait()
		close(progress)
		f.store = f.Open()
		for w := range writers {
			acked[w] = f.survivors(w, acked[w])
		}
	}
}

// pipeline is how many changes a writer has in flight.
const pipeline = 4

// writeUntilCrash adds records and counts those that were acknowledged.
func (f *fixture) writeUntilCrash(w int, acked *int, progress chan<- struct{}) {
	h, err := f.store.Open(fmt.Sprint("w", w))
	if err != nil {
		return
	}
	defer h.Release()
	for {
		var outcomes []outcome
		for i := range pipeline {
			o := newOutcome()
			settled, err := h.Commit(&store.Change{Bytes: record(*acked + i)}, o)
			if settled || err != nil {
				o <- err
			}
			outcomes = append(outcomes, o)
		}
		failed := false
		for _, o := range outcomes {
			switch err := <-o; {
			case err != nil:
				failed = true
			case failed:
				f.Errorf("stream w%d: a change settled well behind a failed one", w)
			default:
				*acked++
			}
		}
		if failed {
			return
		}
		progress <- struct{}{}
	}
}

// survivors counts the records of a stream after a crash.
func (f *fixture) survivors(w, acked int) int {
	h := f.hold(fmt.Sprint("w", w))
	defer h.Release()
	n, err := recordsOf(h)
	if err != nil {
		f.Fatalf("stream w%d after a crash: %v", w, err)
	}
	if n < acked || n > acked+pipeline {
		f.Fatalf("stream w%d after a crash: got %d records, want %d to %d", w, n, acked, acked+pipeline)
	}
	return n
}
