package storetest

import "github.com/weirstreams/weir/store"

var closeTests = map[string]func(*fixture){
	"twice":              testCloseTwice,
	"then nothing works": testUseAfterClose,
	"settles the staged": testCloseSettles,
	"empty":              testEmpty,
}

func testCloseTwice(f *fixture) {
	f.plain("s", "x")
	for range 2 {
		if err := f.store.Close(); err != nil {
			f.Errorf("close: %v", err)
		}
	}
}

func testUseAfterClose(f *fixture) {
	f.plain("s", "x")
	f.plain("idle", "x")
	h := f.hold("s")
	f.store.Close()
	f.wantErr("commit after close", commit(h, store.Change{Bytes: []byte("y")}), store.ErrClosed)
	f.wantErr("delete after close", remove(h), store.ErrClosed)
	h.Release()
	_, err := f.tryCreate("new", plainConfig, store.Change{})
	f.wantErr("create after close", err, store.ErrClosed)
	for _, name := range []string{"s", "idle", "new"} {
		_, err = f.store.Open(name)
		f.wantErr("open after close", err, store.ErrClosed)
	}
	f.wantErr("health after close", f.store.Health(), store.ErrClosed)
	if f.durable() {
		f.store = f.Open()
		f.check("after use of the closed store")
	}
}

// testCloseSettles closes with changes in flight: each settles, and those that did
// so well are there.
func testCloseSettles(f *fixture) {
	f.plain("s", "")
	h := f.hold("s")
	var waits []func() error
	for range 200 {
		o := newOutcome()
		settled, err := h.Commit(&store.Change{Bytes: []byte("x")}, o)
		waits = append(waits, func() error { return o.wait(settled, err) })
	}
	if err := f.store.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
	for _, wait := range waits {
		if err := wait(); err != nil {
			f.Fatalf("staged before close: %v", err)
		}
		f.model.apply("s", store.Change{Bytes: []byte("x")})
	}
	h.Release()
	if f.durable() {
		f.store = f.Open()
		f.check("after a restart")
	}
}

func testEmpty(f *fixture) {
	f.everywhere()
}
