package storetest

import (
	"bytes"

	"github.com/weirstreams/weir/store"
)

var deleteTests = map[string]func(*fixture){
	"gone at once and for good": testDeleteGone,
	"name used again":           testNameReuse,
	"over and over":             testDeleteOverAndOver,
	"memory is given back":      testMemoryReturned,
	"handle held over deletion": testHeldOverDeletion,
	"nothing behind a deletion": testBehindDeletion,
}

func testDeleteGone(f *fixture) {
	f.plain("young", "x")
	f.plain("kept", "y")
	f.remove("young")
	f.everywhere()
	f.append("kept", "z")
	f.remove("kept")
	f.everywhere()
}

func testNameReuse(f *fixture) {
	f.plain("s", "first life, long and rich")
	f.settle()
	f.remove("s")
	f.plain("s", "second")
	f.everywhere()
	f.remove("s")
	f.settle()
	f.create("s", plainConfig, store.Change{Expires: 5})
	f.everywhere()
}

func testDeleteOverAndOver(f *fixture) {
	for i := range 4 {
		f.plain("s", "short life")
		if i%2 == 0 {
			f.settle()
		}
		f.remove("s")
	}
	f.everywhere()
	f.plain("s", "the last one")
	f.everywhere()
}

func testMemoryReturned(f *fixture) {
	for _, name := range []string{"a", "b"} {
		f.create(name, plainConfig, store.Change{Bytes: bytes.Repeat([]byte{'x'}, 100<<10)})
	}
	if got := f.store.Stats().MemoryBytes; f.Settle == nil && got < 200<<10 {
		f.Errorf("memory with 200 KiB stored: got %d", got)
	}
	f.remove("a")
	f.settle()
	f.remove("b")
	f.settle()
	if got := f.store.Stats().MemoryBytes; got != 0 {
		f.Errorf("memory when all is deleted: got %d bytes, want 0", got)
	}
}

// testHeldOverDeletion: a handle stays usable for reading, and Open does not find
// what it stands for.
func testHeldOverDeletion(f *fixture) {
	f.plain("s", "held")
	h := f.hold("s")
	f.remove("s")
	_, err := f.store.Open("s")
	f.wantErr("open a deleted stream", err, store.ErrNotFound)
	if got := h.Meta().Tail; got != 4 {
		f.Errorf("tail of a deleted stream that is held: got %d, want 4", got)
	}
	f.plain("s", "another")
	if other := f.hold("s"); other == h {
		f.Errorf("the new stream has the handle of the deleted one")
	} else {
		other.Release()
	}
	f.settle()
	h.Release()
	f.everywhere()
}

// testBehindDeletion: what is staged behind a deletion is refused, whether that
// has settled or not, and the counts move once.
func testBehindDeletion(f *fixture) {
	f.plain("s", "doomed")
	h := f.hold("s")
	gone := newOutcome()
	settled, err := h.Delete(gone)
	again := newOutcome()
	f.wantErr("append behind a deletion",
		again.wait(h.Commit(&store.Change{Bytes: []byte("late")}, again)), store.ErrNotFound)
	f.wantErr("close behind a deletion",
		again.wait(h.Commit(&store.Change{Close: true}, again)), store.ErrNotFound)
	f.wantErr("second deletion", again.wait(h.Delete(again)), store.ErrNotFound)
	if err := gone.wait(settled, err); err != nil {
		f.Fatalf("delete: %v", err)
	}
	h.Release()
	delete(f.model, "s")
	f.everywhere()
}
