package filestore

import (
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Good is what is remembered of a data file.
type Good struct{ g good }

// MaxSpans is the most runs that are remembered.
const MaxSpans = maxSpans

func (g *Good) Has(s vfs.State, from, to int64) bool          { return g.g.has(s, from, to) }
func (g *Good) Add(s vfs.State, from, to int64)               { g.g.add(s, from, to) }
func (g *Good) Wrote(before, after vfs.State, from, to int64) { g.g.wrote(before, after, from, to) }
func (g *Good) Forget()                                       { g.g.forget() }

// Spans returns the runs that are remembered.
func (g *Good) Spans() (spans [][2]int64) {
	for _, s := range g.g.spans {
		spans = append(spans, [2]int64{s.from, s.to})
	}
	return spans
}

// GoodOf returns the runs of a stream that are known to be good.
func GoodOf(h store.Handle) [][2]int64 {
	in := h.(*handle)
	in.mu.Lock()
	defer in.mu.Unlock()
	g := Good{in.good}
	return g.Spans()
}
