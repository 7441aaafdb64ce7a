package storetest

import (
	"github.com/weirstreams/weir/store"
)

var createTests = map[string]func(*fixture){
	"every field is kept": func(f *fixture) {
		cfg := store.Config{ContentType: "application/json", TTL: 3600, ExpiresAt: "2030-01-01T00:00:00+02:00", Asked: 7}
		f.create("full", cfg, store.Change{
			Bytes: []byte("first"), Close: true, Producer: &store.ProducerAppend{ID: "p", Epoch: 1, Seq: 2},
			Seq: "0001", Expires: 1 << 40, Mark: "lsn", MarkValue: "0/16B3748",
		})
		f.create("empty", store.Config{TTL: store.NoTTL}, store.Change{})
		f.everywhere()
	},
	"odd names": func(f *fixture) {
		for _, name := range []string{"a", "a/b", "a/", "ä/日本", "n\x00ul", "b\xff\xff", "..", "LOCK"} {
			f.plain(name, "of "+name)
		}
		f.everywhere()
	},
	"taken name":                testTakenName,
	"identities are not reused": testIdentities,
	"found once settled":        testFoundOnceSettled,
	"one handle a stream":       testOneHandle,
}

func testTakenName(f *fixture) {
	f.plain("taken", "mine")
	_, err := f.tryCreate("taken", plainConfig, store.Change{Bytes: []byte("yours")})
	f.wantErr("create a taken name", err, store.ErrExists)
	f.settle()
	_, err = f.tryCreate("taken", plainConfig, store.Change{})
	f.wantErr("create a taken name that is in its place", err, store.ErrExists)
	f.everywhere()
}

// testIdentities deletes the newest stream each time, which is when an identity
// could be given again.
func testIdentities(f *fixture) {
	seen := map[uint64]bool{}
	use := func() {
		f.plain("phoenix", "x")
		id := f.model["phoenix"].meta.ID
		if seen[id] {
			f.Fatalf("identity %d was given twice", id)
		}
		seen[id] = true
		f.remove("phoenix")
	}
	use()
	use()
	if !f.durable() {
		return
	}
	f.crash()
	use()
	f.settle()
	f.crash()
	use()
	f.reopen()
	use()
}

// testFoundOnceSettled stages on the handle of a stream that may not have settled.
func testFoundOnceSettled(f *fixture) {
	o1, o2 := newOutcome(), newOutcome()
	h, settled, err := f.store.Create("early", plainConfig, &store.Change{Bytes: []byte("one ")}, o1)
	if err != nil {
		f.Fatalf("create: %v", err)
	}
	defer h.Release()
	settled2, err2 := h.Commit(&store.Change{Bytes: []byte("two")}, o2)
	if err := o1.wait(settled, nil); err != nil {
		f.Fatalf("create: %v", err)
	}
	if err := o2.wait(settled2, err2); err != nil {
		f.Fatalf("commit behind create: %v", err)
	}
	f.model.create(h.Meta().ID, "early", plainConfig, store.Change{Bytes: []byte("one ")})
	f.model.apply("early", store.Change{Bytes: []byte("two")})
	f.everywhere()
}

func testOneHandle(f *fixture) {
	f.plain("one", "x")
	a, b := f.hold("one"), f.hold("one")
	if a != b {
		f.Errorf("two calls of Open gave different handles")
	}
	a.Release()
	if err := commit(b, store.Change{Bytes: []byte("y")}); err != nil {
		f.Errorf("commit on a handle that is held once more: %v", err)
	}
	f.model.apply("one", store.Change{Bytes: []byte("y")})
	b.Release()
	f.everywhere()
}
