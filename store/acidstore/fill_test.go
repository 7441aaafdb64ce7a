package acidstore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// fill makes a store with streams of every kind, and returns what is in it.
func fill(t *testing.T, dir string, shards int) contents {
	t.Helper()
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: shards})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	f := newFiller(t, s)
	f.plain()
	f.long()
	f.states()
	f.forks()
	f.deleted()
	c := look(t, s)
	c.highest = touch(t, s)
	closeStore(t, s)
	return c
}

// filler puts streams into a store. What it stages settles by the next wait.
type filler struct {
	*testing.T
	s      *acidstore.Store
	done   outcome
	staged int
	held   []store.Handle
}

// mostStaged is how many changes are staged without a wait, at most.
const mostStaged = 1 << 12

func newFiller(t *testing.T, s *acidstore.Store) *filler {
	return &filler{T: t, s: s, done: make(outcome, mostStaged)}
}

// wait returns when all that was staged has settled.
func (f *filler) wait() {
	f.Helper()
	for ; f.staged > 0; f.staged-- {
		f.done.must(f.T, false, nil)
	}
	for _, h := range f.held {
		h.Release()
	}
	f.held = nil
}

// create stages a stream and changes to it, and returns its identity.
func (f *filler) create(name string, cfg store.Config, first store.Change, more ...store.Change) uint64 {
	f.Helper()
	h, _, err := f.s.Create(name, cfg, &first, f.done)
	if err != nil {
		f.Fatalf("create %q: %v", name, err)
	}
	f.held = append(f.held, h)
	f.staged++
	for i := range more {
		f.stage(func() (bool, error) { return h.Commit(&more[i], f.done) })
	}
	return h.Meta().ID
}

// commit stages a change of a stream.
func (f *filler) commit(name string, c store.Change) {
	f.Helper()
	h := f.open(name)
	f.stage(func() (bool, error) { return h.Commit(&c, f.done) })
}

// remove stages the deletion of a stream. A fork's source must be open.
func (f *filler) remove(name string) {
	f.Helper()
	h := f.open(name)
	f.stage(func() (bool, error) { return h.Delete(f.done) })
}

func (f *filler) stage(stage func() (bool, error)) {
	f.Helper()
	if _, err := stage(); err != nil {
		f.Fatalf("stage: %v", err)
	}
	f.staged++
}

// open returns a stream that has settled, held until the next wait.
func (f *filler) open(name string) store.Handle {
	f.Helper()
	h, err := f.s.Open(name)
	if err != nil {
		f.Fatalf("open %q: %v", name, err)
	}
	f.held = append(f.held, h)
	return h
}

func (f *filler) plain() {
	f.create("empty", plain, store.Change{})
	for i := range 30 {
		f.create(fmt.Sprintf("plain/%d", i), plain, text("first"), text("second"))
	}
	f.wait()
}

func (f *filler) long() {
	f.create("large", plain, text(strings.Repeat("large", 27<<10)), text("x"), text(strings.Repeat("y", 70<<10)))
	var many []store.Change
	for i := range 100 {
		many = append(many, text(fmt.Sprintf("append %d of many, which are in some chunks;", i)))
	}
	f.create("many", plain, store.Change{}, many...)
	f.wait()
}

// states makes streams of which more than the bytes is kept.
func (f *filler) states() {
	f.create("closed", plain, store.Change{Bytes: []byte("the end"), Close: true})
	f.create("closed by a producer", plain, text("begun"), produced("p", 7), store.Change{Producer: &store.ProducerAppend{ID: "p", Seq: 8}, Close: true})
	f.create("producers", plain, store.Change{}, producers(20)...)
	f.create("marks", plain, store.Change{Mark: "lsn", MarkValue: "1"}, store.Change{Mark: "lsn", MarkValue: "0/16B3748"}, store.Change{Mark: "b", MarkValue: "2"})
	f.create("seq", plain, store.Change{Seq: "a"}, store.Change{Bytes: []byte("b"), Seq: "b"})
	expiring := store.Config{ContentType: "application/json", TTL: 60, Asked: 3}
	for i := range 8 {
		f.create(fmt.Sprintf("expiring/%d", i), expiring, store.Change{Bytes: []byte("{},"), Expires: int64(1000 + i)}, store.Change{Expires: int64(5000 - i)})
	}
	f.create("fixed", store.Config{ContentType: "text/plain", TTL: store.NoTTL, ExpiresAt: "2030-01-01T00:00:00Z"}, store.Change{Expires: 1893456000000})
	f.wait()
}

// forks makes sources, some of them deleted softly, and forks of them in other
// shards, and forks of those.
func (f *filler) forks() {
	sources, forks := make(map[string]uint64), make(map[string]uint64)
	for i := range 4 {
		name := fmt.Sprintf("source/%d", i)
		sources[name] = f.create(name, plain, text("shared bytes"))
	}
	f.wait()
	for source, id := range sources {
		for j := range 5 {
			name := fmt.Sprintf("fork of %s/%d", source, j)
			forks[name] = f.fork(name, source, id, int64(j), text("of the fork"))
		}
	}
	f.wait()
	for fork, id := range forks {
		f.fork("another "+fork, fork, id, 5)
	}
	f.wait()
	f.commit("source/0", store.Change{SoftDelete: true})
	f.commit("source/2", store.Change{SoftDelete: true})
	f.open("fork of source/1/4")
	f.remove("another fork of source/1/4")
	f.wait()
}

func (f *filler) fork(name, source string, id uint64, at int64, more ...store.Change) uint64 {
	f.Helper()
	f.open(source)
	cfg := plain
	cfg.Fork = &store.Fork{Source: source, ID: id, Anchor: at, At: at}
	return f.create(name, cfg, store.Change{}, more...)
}

// deleted deletes streams, one of which has left more than is removed at once.
func (f *filler) deleted() {
	f.create("deleted", plain, text(strings.Repeat("z", 100<<10)))
	f.create("deleted at length", plain, store.Change{}, producers(2000)...)
	f.wait()
	f.remove("deleted")
	f.remove("deleted at length")
	f.wait()
}

func text(s string) store.Change { return store.Change{Bytes: []byte(s)} }

func produced(id string, seq int64) store.Change {
	return store.Change{Bytes: []byte(id), Producer: &store.ProducerAppend{ID: id, Epoch: 2, Seq: seq}}
}

// producers returns one change for each of n producers.
func producers(n int) []store.Change {
	all := make([]store.Change, n)
	for i := range all {
		all[i] = produced(fmt.Sprintf("producer %d", i), int64(i))
	}
	return all
}
