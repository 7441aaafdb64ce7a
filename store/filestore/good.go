package filestore

import (
	"slices"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// good remembers which positions of a stream's data file were found to hold the
// right bytes, or were written by this process, while the file was as state says.
// Once another has touched the file nothing is remembered. The zero value
// remembers nothing.
type good struct {
	state vfs.State
	spans []span // ascending, with gaps between them
}

// span is a run of positions, to excluded.
type span struct{ from, to int64 }

// maxSpans bounds the memory for one stream. A stream that is read at more places
// than that is verified now and then without need.
const maxSpans = 16

// has reports whether all of a run is good in a file of this state.
func (g *good) has(state vfs.State, from, to int64) bool {
	if g.state != state {
		return false
	}
	return slices.ContainsFunc(g.spans, func(s span) bool { return s.from <= from && to <= s.to })
}

// add notes a run that was verified in a file of this state.
func (g *good) add(state vfs.State, from, to int64) {
	if g.state != state {
		g.state, g.spans = state, nil
	}
	added := span{from, to}
	i := 0
	for i < len(g.spans) && g.spans[i].to < from {
		i++
	}
	end := i // of the spans that touch the new one
	for ; end < len(g.spans) && g.spans[end].from <= to; end++ {
		added.from = min(added.from, g.spans[end].from)
		added.to = max(added.to, g.spans[end].to)
	}
	g.spans = slices.Replace(g.spans, i, end, added)
	if len(g.spans) > maxSpans {
		g.dropShortest()
	}
}

func (g *good) dropShortest() {
	shortest := 0
	for i, s := range g.spans {
		if s.to-s.from < g.spans[shortest].to-g.spans[shortest].from {
			shortest = i
		}
	}
	g.spans = slices.Delete(g.spans, shortest, shortest+1)
}

// wrote notes a run that this process wrote, and by which the file came from one
// state to another. What was good before is good still.
func (g *good) wrote(before, after vfs.State, from, to int64) {
	if g.state != before {
		g.spans = nil
	}
	g.state = after
	g.add(after, from, to)
}

// forget notes that the file has damage.
func (g *good) forget() { *g = good{} }
