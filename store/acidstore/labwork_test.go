package acidstore_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/weirstreams/weir/store"
)

// operations are what a lab stages, by name and with how often. Each returns false
// when there is nothing to do it to.
var operations = map[string]struct {
	often int
	stage func(*lab) bool
}{
	"create":      {6, (*lab).create},
	"fork":        {4, (*lab).fork},
	"append":      {8, (*lab).append},
	"large":       {2, (*lab).large},
	"many":        {3, (*lab).many},
	"produce":     {5, (*lab).produce},
	"close":       {1, (*lab).close},
	"expire":      {3, (*lab).expire},
	"mark":        {2, (*lab).mark},
	"soft delete": {2, (*lab).softDelete},
	"delete":      {4, (*lab).delete},
}

// stageAny stages an operation, or nothing.
func (l *lab) stageAny() {
	var bag []string
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		bag = append(bag, slices.Repeat([]string{name}, operations[name].often)...)
	}
	name := bag[l.rng.IntN(len(bag))]
	if operations[name].stage(l) {
		l.done[name]++
	}
}

// free picks a stream that this round has not touched, and that fits.
func (l *lab) free(fits func(*history) bool) (*history, bool) {
	all := l.all()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(l.taken, name) && (fits == nil || fits(all[name])) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, false
	}
	return all[names[l.rng.IntN(len(names))]], true
}

// hold opens a stream until the round ends, and keeps others away from it.
func (l *lab) hold(name string) store.Handle {
	l.Helper()
	h := mustOpen(l.T, l.s, name)
	l.held, l.taken = append(l.held, h), append(l.taken, name)
	return h
}

// bytes returns content that is like no other.
func (l *lab) bytes(n int) []byte {
	word := fmt.Sprintf("%x ", l.rng.Uint32())
	return bytes.Repeat([]byte(word), n/len(word)+1)[:n]
}

// some is the size of an ordinary append.
func (l *lab) some() int {
	return []int{0, 1, 20, 100, 1000, 3000, 8191, 8192, 8193}[l.rng.IntN(9)]
}

func (l *lab) create() bool {
	cfg := store.Config{ContentType: "text/plain", TTL: l.rng.Int64N(3) - 1, Asked: uint8(l.rng.IntN(4))}
	return l.stageCreate(cfg, store.Change{Bytes: l.bytes(l.some()), Expires: l.rng.Int64N(3) * 1000})
}

func (l *lab) fork() bool {
	src, ok := l.free(nil)
	if !ok {
		return false
	}
	l.hold(src.meta.Name)
	at := src.meta.Base() + l.rng.Int64N(src.meta.Tail-src.meta.Base()+1)
	return l.stageCreate(forkOf(src.meta.Name, src.meta.ID, at), store.Change{Bytes: l.bytes(l.some())})
}

// stageCreate makes a stream of one of few names, so that names come back.
func (l *lab) stageCreate(cfg store.Config, first store.Change) bool {
	l.Helper()
	name := fmt.Sprint("stream ", l.rng.IntN(16))
	if slices.Contains(l.taken, name) || l.all()[name] != nil {
		return false
	}
	given := first
	var h store.Handle
	o := stage(func(k store.Completion) (done bool, err error) {
		h, done, err = l.s.Create(name, cfg, &given, k)
		return done, err
	})
	if h == nil {
		l.Fatalf("create %q: %v", name, <-o)
	}
	l.held, l.taken = append(l.held, h), append(l.taken, name)
	born := newHistory(h.Meta().ID, name, cfg)
	l.staged = append(l.staged, &staged{name, o, func(w world) { w[name] = born.after(first) }})
	return true
}

// stageChanges commits changes to one stream that can still be written to.
func (l *lab) stageChanges(changes ...store.Change) bool {
	l.Helper()
	to, ok := l.free(func(h *history) bool { return !h.meta.Closed && !h.meta.Deleted })
	if !ok {
		return false
	}
	name := to.meta.Name
	h := l.hold(name)
	for _, c := range changes {
		l.staged = append(l.staged, &staged{name, stageChange(h, c), func(w world) { w[name] = w[name].after(c) }})
	}
	return true
}

func (l *lab) append() bool { return l.stageChanges(store.Change{Bytes: l.bytes(1 + l.some())}) }

// large appends what is cut into pieces. Too much of it would only take time.
func (l *lab) large() bool {
	size := []int{64 << 10, 64<<10 + 1, 140_000, 300_000}[l.rng.IntN(4)]
	stored := size
	for _, h := range l.all() {
		stored += len(h.bytes)
	}
	if stored > 320_000 {
		return false
	}
	return l.stageChanges(store.Change{Bytes: l.bytes(size)}, store.Change{Bytes: l.bytes(5)})
}

func (l *lab) many() bool {
	var all []store.Change
	for range 2 + l.rng.IntN(12) {
		all = append(all, store.Change{Bytes: l.bytes(1 + l.rng.IntN(900)), Seq: fmt.Sprint(l.rng.Uint32())})
	}
	return l.stageChanges(all...)
}

func (l *lab) produce() bool {
	var all []store.Change
	for range 1 + l.rng.IntN(5) {
		p := store.ProducerAppend{ID: fmt.Sprint("producer ", l.rng.IntN(30)), Epoch: l.rng.Int64N(3), Seq: l.rng.Int64()}
		all = append(all, store.Change{Bytes: l.bytes(l.rng.IntN(50)), Producer: &p})
	}
	return l.stageChanges(all...)
}

func (l *lab) close() bool {
	return l.stageChanges(store.Change{Bytes: l.bytes(10)},
		store.Change{Close: true, Producer: &store.ProducerAppend{ID: "closer", Epoch: 1, Seq: 2}})
}

func (l *lab) expire() bool {
	return l.stageChanges(store.Change{Expires: 1000 + l.rng.Int64N(1000)})
}

func (l *lab) mark() bool {
	return l.stageChanges(store.Change{Bytes: l.bytes(30), Mark: fmt.Sprint("m", l.rng.IntN(3)), MarkValue: fmt.Sprint(l.rng.Uint32())})
}

// softDelete marks a stream that has forks.
func (l *lab) softDelete() bool {
	refs := l.all().refs()
	to, ok := l.free(func(h *history) bool { return refs[h.meta.ID] > 0 && !h.meta.Deleted })
	if !ok {
		return false
	}
	name, c := to.meta.Name, store.Change{SoftDelete: true}
	l.staged = append(l.staged, &staged{name, stageChange(l.hold(name), c), func(w world) { w[name] = w[name].after(c) }})
	return true
}

// delete removes a stream that no fork refers to. A fork's source is held, and
// deleted in a later round.
func (l *lab) delete() bool {
	refs := l.all().refs()
	gone, ok := l.free(func(h *history) bool {
		f := h.meta.Config.Fork
		return refs[h.meta.ID] == 0 && (f == nil || !slices.Contains(l.taken, f.Source))
	})
	if !ok {
		return false
	}
	name := gone.meta.Name
	h := l.hold(name)
	if f := gone.meta.Config.Fork; f != nil {
		l.hold(f.Source)
	}
	l.staged = append(l.staged, &staged{name, stage(h.Delete), func(w world) { delete(w, name) }})
	return true
}
