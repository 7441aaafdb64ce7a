package earlier

import (
	"errors"
	"maps"
	"slices"
)

// maxHeld bounds the memory of what is not in the table below yet, in digests. One
// takes some 50 bytes.
const maxHeld = 1 << 17

// streamWeight is what a stream itself takes, in digests.
const streamWeight = 8

// layers are what was read lately, in memory, above a table on disk. Without a table
// below all of it stays in memory. Writing to the table is put off because digests
// are spread all over it: many at once touch hardly more of it than a few.
type layers struct {
	below table // nil for none
	held  map[string]*layer
	count int // digests in all layers, and streamWeight for each
	limit int
}

// layer is what memory holds of a stream. With a table below, a digest that is gone
// hides the one in the table.
type layer struct {
	mark mark
	at   map[digest]int64
}

func newLayers(below table) *layers {
	return &layers{below: below, held: make(map[string]*layer), limit: maxHeld}
}

func (l *layers) mark(stream string) (mark, error) {
	if held := l.held[stream]; held != nil {
		return held.mark, nil
	}
	if l.below == nil {
		return mark{}, nil
	}
	return l.below.mark(stream)
}

// setMark moves a stream's mark. All that was put before it has to be there.
func (l *layers) setMark(stream string, m mark) { l.layer(stream).mark = m }

func (l *layers) find(stream string, d digest) (int64, error) {
	if held := l.held[stream]; held != nil {
		if at, ok := held.at[d]; ok {
			return at, nil
		}
	}
	if l.below == nil {
		return gone, nil
	}
	return l.below.find(stream, d)
}

// put gives a digest an offset, which may be gone.
func (l *layers) put(stream string, d digest, at int64) {
	held := l.layer(stream)
	before := len(held.at)
	if at == gone && l.below == nil {
		delete(held.at, d)
	} else {
		held.at[d] = at
	}
	l.count += len(held.at) - before
}

func (l *layers) layer(stream string) *layer {
	held := l.held[stream]
	if held == nil {
		held = &layer{at: make(map[digest]int64)}
		l.held[stream] = held
		l.count += streamWeight
	}
	return held
}

// full says that it is time to flush.
func (l *layers) full() bool { return l.below != nil && l.count >= l.limit }

// flush moves all to the table below. If that fails, memory holds it all still.
func (l *layers) flush() error {
	if l.below == nil {
		return nil
	}
	for _, stream := range slices.Sorted(maps.Keys(l.held)) {
		held := l.held[stream]
		if err := l.below.apply(stream, sorted(held.at), held.mark); err != nil {
			return err
		}
		l.drop(stream)
	}
	return nil
}

func (l *layers) drop(stream string) {
	if held := l.held[stream]; held != nil {
		l.count -= len(held.at) + streamWeight
		delete(l.held, stream)
	}
}

// clear removes a stream's digests.
func (l *layers) clear(stream string) error {
	held := l.layer(stream)
	l.count -= len(held.at)
	clear(held.at)
	if l.below == nil {
		return nil
	}
	return l.below.clear(stream)
}

// forget removes all of a stream.
func (l *layers) forget(stream string) error {
	l.drop(stream)
	if l.below == nil {
		return nil
	}
	return l.below.forget(stream)
}

// each calls f with the offset of each key of a stream, in no order.
func (l *layers) each(stream string, f func(at int64)) error {
	var hidden map[digest]int64
	if held := l.held[stream]; held != nil {
		hidden = held.at
	}
	for _, at := range hidden {
		if at != gone {
			f(at)
		}
	}
	if l.below == nil {
		return nil
	}
	return l.below.each(stream, func(c change) {
		if _, over := hidden[c.digest]; !over {
			f(c.at)
		}
	})
}

// close flushes, and ends the use of the table below whether that works or not.
func (l *layers) close() error {
	if l.below == nil {
		return nil
	}
	err := l.flush()
	return errors.Join(err, l.below.close(err == nil))
}

func sorted(at map[digest]int64) []change {
	changes := make([]change, 0, len(at))
	for d, offset := range at {
		changes = append(changes, change{d, offset})
	}
	slices.SortFunc(changes, func(a, b change) int { return a.digest.compare(b.digest) })
	return changes
}
