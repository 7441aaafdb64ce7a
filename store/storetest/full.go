package storetest

import (
	"bytes"

	"github.com/weirstreams/weir/store"
)

var fullTests = map[string]func(*fixture){
	"append is refused whole":   testFullAppend,
	"creation is refused whole": testFullCreate,
	"what is behind fails too":  testFullPipeline,
}

var large = store.Change{
	Bytes: bytes.Repeat([]byte("large "), 20_000), Seq: "refused", Close: true, Expires: 4,
	Producer: &store.ProducerAppend{ID: "refused", Epoch: 1, Seq: 1}, Mark: "refused", MarkValue: "refused",
}

// fill returns false when the tier cannot be filled.
func (f *fixture) fill() (relieve func(), ok bool) {
	if f.Fill == nil {
		return nil, false
	}
	return f.Fill(f.store), true
}

func testFullAppend(f *fixture) {
	f.plain("s", "before ")
	relieve, ok := f.fill()
	if !ok {
		return
	}
	before := f.store.Stats().NoSpace
	h := f.hold("s")
	f.wantErr("append when full", commit(h, large), store.ErrNoSpace)
	h.Reset()
	f.wantErr("second append when full", commit(h, large), store.ErrNoSpace)
	h.Reset()
	h.Release()
	if got := f.store.Stats().NoSpace - before; got != 2 {
		f.Errorf("changes counted as refused for want of room: got %d, want 2", got)
	}
	f.check("when full")
	relieve()
	f.append("s", "after")
	f.everywhere()
}

func testFullCreate(f *fixture) {
	f.plain("src", "0123456789")
	relieve, ok := f.fill()
	if !ok {
		return
	}
	before := f.store.Stats().NoSpace
	held := f.hold("src")
	_, err := f.tryCreate("s", f.fork("src", 5), large)
	f.wantErr("create when full", err, store.ErrNoSpace)
	held.Release()
	if got := f.store.Stats().NoSpace - before; got != 1 {
		f.Errorf("creations counted as refused for want of room: got %d, want 1", got)
	}
	f.check("when full")
	relieve()
	f.everywhere()
	f.plain("s", "now")
	f.everywhere()
}

// testFullPipeline stages a row of changes of which the first fails.
func testFullPipeline(f *fixture) {
	f.plain("s", "before ")
	f.plain("other", "")
	relieve, ok := f.fill()
	if !ok {
		return
	}
	h := f.hold("s")
	var outcomes []error
	var waits []func() error
	for range 5 {
		o := newOutcome()
		settled, err := h.Commit(private(large), o)
		waits = append(waits, func() error { return o.wait(settled, err) })
	}
	for _, wait := range waits {
		outcomes = append(outcomes, wait())
	}
	for i, err := range outcomes {
		if err == nil {
			f.Errorf("change %d behind a failed one settled well", i)
		}
	}
	h.Reset()
	h.Release()
	relieve()
	f.append("other", "unharmed")
	f.append("s", "after")
	f.everywhere()
}
