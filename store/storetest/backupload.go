package storetest

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/weirstreams/weir/store"
)

// testBackupUnderLoad makes copies of a store that many write to. What was
// acknowledged before a copy was begun is in it, and all that is in it fits.
func testBackupUnderLoad(f *fixture) {
	if f.OpenCopy == nil {
		return
	}
	const copies = 4
	for w := range loadWriters {
		f.plain(fmt.Sprint("w", w), "")
	}
	var acked [loadWriters]atomic.Int64
	for round := range copies {
		var before [loadWriters]int64
		for w := range loadWriters {
			before[w] = acked[w].Load()
		}
		working := f.load(round, &acked)
		files, err := backUp(f.store)
		working.Wait()
		if err != nil {
			f.Fatalf("back up: got error %v, want none", err)
		}
		c := f.copied(files)
		for w := range loadWriters {
			c.numbered(w, before[w], acked[w].Load())
		}
		c.branches()
		c.scrubbed()
		c.close()
	}
}

const (
	loadWriters = 4
	loadNumbers = 30 // of each writer in a round
	loadForks   = 12
)

// load begins a round of writing, forking, deleting and settling.
func (f *fixture) load(round int, acked *[loadWriters]atomic.Int64) *sync.WaitGroup {
	var working sync.WaitGroup
	repeat := func(n int, do func(i int) error) {
		working.Go(func() {
			for i := round * n; i < (round+1)*n; i++ {
				if err := do(i); err != nil {
					f.Errorf("%v", err)
					return
				}
			}
		})
	}
	for w := range loadWriters {
		repeat(loadNumbers, func(i int) error { return f.number(w, i, &acked[w]) })
		repeat(loadForks, func(i int) error { return f.branch(w, i) })
	}
	repeat(3, func(int) error { f.settle(); return nil })
	return &working
}

// number adds record i to a stream, with the number in all that a change has.
func (f *fixture) number(w, i int, acked *atomic.Int64) error {
	h, err := f.store.Open(fmt.Sprint("w", w))
	if err != nil {
		return err
	}
	defer h.Release()
	err = commit(h, store.Change{
		Bytes:    record(i),
		Producer: &store.ProducerAppend{ID: "p", Seq: int64(i)},
		Seq:      fmt.Sprintf("%08d", i), Mark: "n", MarkValue: fmt.Sprint(i),
	})
	if err == nil {
		acked.Add(1)
	}
	return err
}

// numbered checks a stream that number has written.
func (f *fixture) numbered(w int, least, most int64) {
	f.Helper()
	h := f.hold(fmt.Sprint("w", w))
	defer h.Release()
	n, err := recordsOf(h)
	if err != nil {
		f.Errorf("stream w%d in the copy: %v", w, err)
		return
	}
	if int64(n) < least || int64(n) > most {
		f.Errorf("stream w%d in the copy: got %d records, want %d to %d", w, n, least, most)
	}
	m := h.Meta()
	if last := fmt.Sprint(n - 1); n > 0 && (fmt.Sprint(m.Producers["p"].Seq) != last || m.Marks["n"] != last || m.LastSeq != fmt.Sprintf("%08d", n-1)) {
		f.Errorf("stream w%d in the copy: got %d records and the state %+v, want it to be that of record %s", w, n, m, last)
	}
}

// branch makes a fork of a stream, deletes it, and leaves one now and then.
func (f *fixture) branch(w, i int) error {
	source, err := f.store.Open(fmt.Sprint("w", w))
	if err != nil {
		return err
	}
	defer source.Release()
	m := source.Meta()
	cfg := plainConfig
	cfg.Fork = &store.Fork{Source: m.Name, ID: m.ID, Anchor: m.Tail, At: m.Tail}
	h, err := f.tryCreate(fmt.Sprintf("fork/%d/%d", w, i), cfg, store.Change{Bytes: record(i)})
	if err != nil {
		return err
	}
	defer h.Release()
	if i%loadForks == 0 {
		return commit(h, store.Change{Close: true})
	}
	return remove(h)
}

// branches checks that every fork is whole and has its source, and that each
// source counts its forks.
func (f *fixture) branches() {
	f.Helper()
	names, err := f.store.List("", "", math.MaxInt32)
	if err != nil {
		f.Errorf("list the copy: %v", err)
		return
	}
	if got := f.store.Stats().Streams; got != int64(len(names)) {
		f.Errorf("count of streams in the copy: got %d, want %d", got, len(names))
	}
	forks := make(map[uint64]int)
	for _, name := range names {
		h := f.hold(name)
		m := h.Meta()
		if fork := m.Config.Fork; fork != nil {
			forks[fork.ID]++
			b, err := read(h, m.Base(), m.Tail)
			var i int
			fmt.Sscanf(name[strings.LastIndexByte(name, '/')+1:], "%d", &i)
			if err != nil || string(b) != string(record(i)) {
				f.Errorf("%s in the copy: got %q and error %v, want %q", name, b, err, record(i))
			}
			src := f.hold(fork.Source)
			if at := src.Meta(); at.ID != fork.ID || at.Tail < fork.At {
				f.Errorf("%s in the copy: got a source with identity %d and tail %d, want %d and at least %d", name, at.ID, at.Tail, fork.ID, fork.At)
			}
			src.Release()
		}
		h.Release()
	}
	for _, name := range names {
		h := f.hold(name)
		if m := h.Meta(); m.Refs != forks[m.ID] {
			f.Errorf("%s in the copy: got %d forks counted, want %d", name, m.Refs, forks[m.ID])
		}
		h.Release()
	}
}
