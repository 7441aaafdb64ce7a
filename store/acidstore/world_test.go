package acidstore_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// world is what a shard, or the whole store, must hold, by name. Worlds share the
// streams that are the same, so none of these is ever changed.
type world map[string]*history

// history is all that is known of one stream. References are counted when they are
// asked for, as they come from other shards.
type history struct {
	meta  store.Meta
	bytes []byte
	ends  []int64 // where its appends end
}

func newHistory(id uint64, name string, cfg store.Config) *history {
	return &history{meta: store.NewMeta(id, name, cfg)}
}

// after returns the stream after one more change.
func (h *history) after(c store.Change) *history {
	next := &history{meta: h.meta.Clone(), bytes: slices.Concat(h.bytes, c.Bytes), ends: h.ends}
	next.meta.Apply(&c)
	if len(c.Bytes) > 0 {
		next.ends = append(slices.Clone(h.ends), next.meta.Tail)
	}
	return next
}

// union returns the world of all shards together.
func union(worlds []world) world {
	all := make(world)
	for _, w := range worlds {
		maps.Copy(all, w)
	}
	return all
}

// refs counts the forks of each stream, by its identity.
func (w world) refs() map[uint64]int {
	n := make(map[uint64]int)
	for _, h := range w {
		if f := h.meta.Config.Fork; f != nil {
			n[f.ID]++
		}
	}
	return n
}

// names returns those whose due time, with their references, is at or before an
// instant.
func (w world) due(refs map[uint64]int, before int64) (names []string) {
	for name, h := range w {
		m := h.meta
		m.Refs = refs[m.ID]
		if m.Due() <= before {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// compare says what is different in a store.
func (w world) compare(s *acidstore.Store) error {
	names, err := s.List("", "", len(w)+10)
	if want := slices.Sorted(maps.Keys(w)); err != nil || !slices.Equal(names, want) {
		return fmt.Errorf("list: got %q and error %v, want %q", names, err, want)
	}
	if got, want := s.Stats().Streams, int64(len(w)); got != want {
		return fmt.Errorf("count of streams: got %d, want %d", got, want)
	}
	refs := w.refs()
	for name, h := range w {
		if err := h.compare(s, refs[h.meta.ID]); err != nil {
			return fmt.Errorf("stream %q: %w", name, err)
		}
	}
	for _, at := range []int64{0, 1500, store.Never - 1} {
		got, err := s.Due(at, len(w)+10)
		slices.Sort(got)
		if want := w.due(refs, at); err != nil || !slices.Equal(got, want) {
			return fmt.Errorf("due at %d: got %q and error %v, want %q", at, got, err, want)
		}
	}
	return s.Health()
}

func (h *history) compare(s *acidstore.Store, refs int) error {
	got, err := s.Open(h.meta.Name)
	if err != nil {
		return err
	}
	defer got.Release()
	want := h.meta
	want.Refs = refs
	if m := got.Meta(); !reflect.DeepEqual(m, want) {
		return fmt.Errorf("got state %+v, want %+v", m, want)
	}
	if err := same(got, h.bytes); err != nil {
		return err
	}
	start := want.Base()
	for i, end := range h.ends {
		// Of many, a part.
		if i%5 > 0 && i < len(h.ends)-1 {
			start = end
			continue
		}
		for _, pos := range []int64{start, end - 1} {
			s, e, err := got.AppendAt(pos)
			if err != nil || s != start || e != end {
				return fmt.Errorf("append at %d: got %d to %d and error %v, want %d to %d", pos, s, e, err, start, end)
			}
		}
		start = end
	}
	return nil
}
