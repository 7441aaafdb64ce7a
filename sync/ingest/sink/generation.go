package sink

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Generation returns a sink in which positions begin anew: what was appended in
// earlier generations stays, and its streams have no position yet. What they have hidden
// is shown by the first append of this one. It is for a source that begins anew and
// whose positions may then be lower than before.
//
// The sink below gets positions with the generation in front, in 8 hexadecimal digits
// and with a dash, so that every generation comes after the one before.
func Generation(s Sink, n uint32) Sink {
	return &generation{Sink: s, prefix: fmt.Sprintf("%08x-", n)}
}

// ErrGeneration says that a stream was written to in a later generation: whoever does
// so has taken over.
var ErrGeneration = errors.New("the stream has been begun anew by another instance")

type generation struct {
	Sink
	prefix string
}

type generationBatch struct {
	Batch
	prefix string
}

// NewBatch implements Sink.
func (g *generation) NewBatch() Batch { return &generationBatch{g.Sink.NewBatch(), g.prefix} }

// State implements Sink.
func (g *generation) State(ctx context.Context, stream string) (State, error) {
	st, err := g.Sink.State(ctx, stream)
	if err != nil {
		return st, err
	}
	position, same := strings.CutPrefix(st.Position, g.prefix)
	switch {
	case same:
		st.Position = position
	case st.Position > g.prefix:
		return State{}, fmt.Errorf("look at %s: %w", stream, ErrGeneration)
	default:
		// The transaction that has hidden something does not come again to show it.
		st.Position, st.Hidden = "", false
	}
	return st, nil
}

// Append implements Batch.
func (b *generationBatch) Append(a *Append) error {
	in := *a
	in.Position = b.prefix + a.Position
	return b.Batch.Append(&in)
}
