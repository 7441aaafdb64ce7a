package storetest

import (
	"fmt"

	"github.com/weirstreams/weir/store"
)

var dueTests = map[string]func(*fixture){
	"expiry moves":   testDueMoves,
	"limit":          testDueLimit,
	"gone with it":   testDueDeleted,
	"since the past": testDuePast,
}

func testDueMoves(f *fixture) {
	f.create("s", plainConfig, store.Change{Expires: 100})
	f.plain("never", "")
	f.everywhere()
	f.apply("s", store.Change{Expires: 300})
	f.everywhere()
	f.apply("s", store.Change{Expires: 200})
	f.everywhere()
}

// testDueLimit has due streams in every place.
func testDueLimit(f *fixture) {
	for i := range 9 {
		f.create(fmt.Sprint("s", i), plainConfig, store.Change{Expires: int64(10 + i)})
		if i == 4 {
			f.settle()
		}
	}
	for limit := range 12 {
		got, err := f.store.Due(16, limit)
		if want := min(limit, 7); err != nil || len(got) != want {
			f.Errorf("due with limit %d: got %q and error %v, want %d names", limit, got, err, want)
		}
		for _, name := range got {
			if f.model[name].meta.Due() > 16 {
				f.Errorf("due at 16: got %q, which is due at %d", name, f.model[name].meta.Due())
			}
		}
	}
}

func testDueDeleted(f *fixture) {
	f.create("young", plainConfig, store.Change{Expires: 1})
	f.create("old", plainConfig, store.Change{Expires: 1})
	f.settle()
	f.remove("old")
	f.remove("young")
	f.everywhere()
	f.create("old", plainConfig, store.Change{Expires: 9})
	f.everywhere()
}

// testDuePast has an instant before the epoch, which is due at any time.
func testDuePast(f *fixture) {
	f.create("s", plainConfig, store.Change{Expires: -5})
	f.everywhere()
	f.apply("s", store.Change{Expires: 5})
	f.everywhere()
}
