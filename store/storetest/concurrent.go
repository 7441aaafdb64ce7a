package storetest

import (
	"fmt"
	"sync"

	"github.com/weirstreams/weir/store"
)

var concurrentTests = map[string]func(*fixture){
	"writers, readers and lookups": testAllAtOnce,
	"lives of one name":            testLives,
}

// testAllAtOnce writes many streams while others list, open, read and check.
func testAllAtOnce(f *fixture) {
	const writers, appends = 5, 30
	for w := range writers {
		f.plain(fmt.Sprint("w", w), "")
	}
	var writing, looking sync.WaitGroup
	for w := range writers {
		writing.Go(func() { f.write(fmt.Sprint("w", w), appends) })
	}
	stop := make(chan struct{})
	looking.Go(func() {
		for f.look(writers) {
			select {
			case <-stop:
				return
			default:
				f.settle()
			}
		}
	})
	writing.Wait()
	close(stop)
	looking.Wait()
	for w := range writers {
		for i := range appends {
			f.model.apply(fmt.Sprint("w", w), store.Change{Bytes: record(i)})
		}
	}
	f.everywhere()
}

func record(i int) []byte { return fmt.Appendf(nil, "record %d\n", i) }

// write adds records to a stream, opening it anew each time.
func (f *fixture) write(name string, n int) {
	for i := range n {
		h, err := f.store.Open(name)
		if err != nil {
			f.Errorf("open %q: %v", name, err)
			return
		}
		err = commit(h, store.Change{Bytes: record(i)})
		h.Release()
		if err != nil {
			f.Errorf("commit %d to %q: %v", i, name, err)
			return
		}
	}
}

// look lists what is there and reads all of it.
func (f *fixture) look(want int) bool {
	names, err := f.store.List("w", "", 100)
	if err != nil || len(names) != want {
		f.Errorf("list while writing: got %q and error %v, want %d names", names, err, want)
		return false
	}
	f.store.Stats()
	for _, name := range names {
		h, err := f.store.Open(name)
		if err != nil {
			f.Errorf("open %q: %v", name, err)
			return false
		}
		_, err = recordsOf(h)
		h.Release()
		if err != nil {
			f.Errorf("read %q: %v", name, err)
			return false
		}
	}
	return true
}

// recordsOf counts the records of a stream, which must be whole and in order.
func recordsOf(h store.Handle) (int, error) {
	tail := h.Meta().Tail
	b, err := read(h, 0, tail)
	if err != nil {
		return 0, err
	}
	n, pos := 0, int64(0)
	for ; pos < tail; n++ {
		want := record(n)
		end := pos + int64(len(want))
		if end > tail || string(b[pos:end]) != string(want) {
			return n, fmt.Errorf("at %d: got %.20q, want %q", pos, b[pos:], want)
		}
		if s, e, err := h.AppendAt(pos); err != nil || s != pos || e != end {
			return n, fmt.Errorf("append at %d: got %d to %d and error %v, want %d to %d", pos, s, e, err, pos, end)
		}
		pos = end
	}
	return n, nil
}

// testLives creates, fills and deletes one name over and over while others look
// for it: they find a whole stream or none.
func testLives(f *fixture) {
	stop := make(chan struct{})
	var looking sync.WaitGroup
	for range 2 {
		looking.Go(func() {
			for {
				if err := f.findWhole("phoenix"); err != nil {
					f.Errorf("%v", err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for life := range 15 {
		f.create("phoenix", plainConfig, store.Change{Bytes: record(0)})
		f.append("phoenix", string(record(1)))
		if life%3 == 0 {
			f.settle()
		}
		f.remove("phoenix")
	}
	close(stop)
	looking.Wait()
	f.everywhere()
}

// findWhole opens a stream of records if it is there. A deletion may come between
// the lookup and the read, so only what is read counts.
func (f *fixture) findWhole(name string) error {
	h, err := f.store.Open(name)
	if err != nil {
		return nil
	}
	defer h.Release()
	b, err := read(h, 0, h.Meta().Tail)
	if err != nil {
		return nil
	}
	if all := string(record(0)) + string(record(1)); len(b) == 0 || string(b) != all[:len(b)] {
		return fmt.Errorf("content of %q: got %q, want the front of %q", name, b, all)
	}
	return nil
}
