package storetest

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/weirstreams/weir/store"
)

var readTests = map[string]func(*fixture){
	"any range":              testAnyRange,
	"pieces outlive deletes": testPiecesOutlive,
	"while appends go on":    testReadWhileAppending,
	"before a failed change": testReadBesideStaged,
}

func testAnyRange(f *fixture) {
	f.plain("s", "0123")
	f.settle()
	f.append("s", "456")
	f.append("s", "789")
	ranges := func() {
		f.Helper()
		h := f.hold("s")
		defer h.Release()
		for from := range int64(11) {
			for to := from; to <= 10; to++ {
				if err := checkRange(h, f.model["s"], from, to); err != nil {
					f.Errorf("%v", err)
				}
			}
		}
	}
	ranges()
	f.settle()
	ranges()
}

// testPiecesOutlive reads pieces from memory and from a file, and then lets the
// stream go in every way.
func testPiecesOutlive(f *fixture) {
	f.plain("s", "on the disk ")
	f.settle()
	f.append("s", "in memory")
	h := f.hold("s")
	pieces, err := h.Read(0, 21)
	if err != nil {
		f.Fatalf("read: %v", err)
	}
	f.append("s", " more")
	f.remove("s")
	h.Release()
	f.plain("s", "ON THE DISK IN MEMORY")
	f.settle()
	var got []byte
	for _, p := range pieces {
		b, err := p.Bytes()
		if err != nil {
			f.Errorf("read a piece after the stream was deleted: %v", err)
		}
		got = append(got, b...)
		if err := p.Close(); err != nil {
			f.Errorf("close a piece: %v", err)
		}
	}
	if want := "on the disk in memory"; string(got) != want {
		f.Errorf("pieces read after the stream was deleted: got %q, want %q", got, want)
	}
	f.everywhere()
}

// testReadWhileAppending reads what has settled while a writer adds to it and the
// bytes move to their place.
func testReadWhileAppending(f *fixture) {
	const appends, size = 60, 700
	f.plain("s", "")
	h := f.hold("s")
	defer h.Release()
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				if err := checkPattern(h, size); err != nil {
					f.Errorf("while appending: %v", err)
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
	for i := range appends {
		f.apply("s", store.Change{Bytes: bytes.Repeat([]byte{byte(i)}, size)})
		if i%20 == 10 {
			f.settle()
		}
	}
	close(stop)
	readers.Wait()
	f.everywhere()
}

// checkPattern reads a stream of appends of one size, each made of its number.
func checkPattern(h store.Handle, size int64) error {
	tail := h.Meta().Tail
	if tail == 0 {
		return nil
	}
	got, err := read(h, 0, tail)
	if err != nil {
		return err
	}
	for i, b := range got {
		if want := byte(int64(i) / size); b != want {
			return fmt.Errorf("byte %d: got %d, want %d", i, b, want)
		}
	}
	pos := tail / 2
	start, end, err := h.AppendAt(pos)
	if want := pos / size * size; err == nil && (start != want || end != want+size) {
		err = fmt.Errorf("append at %d: got %d to %d, want %d to %d", pos, start, end, want, want+size)
	}
	return err
}

// testReadBesideStaged: what is staged shows nowhere before it has settled.
func testReadBesideStaged(f *fixture) {
	f.plain("s", "settled")
	h := f.hold("s")
	defer h.Release()
	o := newOutcome()
	settled, err := h.Commit(&store.Change{Bytes: []byte(" staged")}, o)
	tail := h.Meta().Tail
	if tail != 7 && tail != 14 {
		f.Errorf("tail beside a staged append: got %d, want 7 or 14", tail)
	}
	if got, err := read(h, 0, tail); err != nil || string(got) != "settled staged"[:tail] {
		f.Errorf("read beside a staged append: got %q and error %v, want %q", got, err, "settled staged"[:tail])
	}
	if err := o.wait(settled, err); err != nil {
		f.Fatalf("commit: %v", err)
	}
	f.model.apply("s", store.Change{Bytes: []byte(" staged")})
	f.everywhere()
}
