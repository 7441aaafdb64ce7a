package storetest

import (
	"maps"
	"slices"

	"github.com/weirstreams/weir/store"
)

// model is what a store must hold, by name.
type model map[string]*stream

// stream is what is known of one stream.
type stream struct {
	meta  store.Meta
	bytes []byte
	ends  []int64 // where its appends end
}

func (m model) create(id uint64, name string, cfg store.Config, first store.Change) {
	m[name] = &stream{meta: store.NewMeta(id, name, cfg)}
	m.apply(name, first)
	m.refer(cfg.Fork, 1)
}

func (m model) apply(name string, c store.Change) {
	s := m[name]
	s.meta.Apply(private(c))
	s.bytes = append(s.bytes, c.Bytes...)
	if len(c.Bytes) > 0 {
		s.ends = append(s.ends, s.meta.Tail)
	}
}

func (m model) remove(name string) {
	fork := m[name].meta.Config.Fork
	delete(m, name)
	m.refer(fork, -1)
}

func (m model) refer(f *store.Fork, by int) {
	if f == nil {
		return
	}
	if src := m[f.Source]; src != nil && src.meta.ID == f.ID {
		src.meta.Refs += by
	}
}

func (m model) names() []string { return slices.Sorted(maps.Keys(m)) }

// due returns the names of what is due at an instant, sorted.
func (m model) due(before int64) []string {
	var names []string
	for _, name := range m.names() {
		if m[name].meta.Due() <= before {
			names = append(names, name)
		}
	}
	return names
}
