// Package tailbuf holds the most recent bytes of one stream in memory: append
// at the end, read anywhere, drop from the front. Start with Buffer.
//
// Bytes are kept in chunks that never move, so a slice of them can be handed to
// any number of readers while more is appended behind it.
package tailbuf

import (
	"slices"
	"sort"
)

// Buffer holds the bytes of the positions Start to End. The zero value is empty
// at position 0; an empty buffer takes no memory besides itself. It has no lock:
// the owner guards it, and does not copy it. Slices that it returned stay valid
// and unchanged after any later call, as long as nobody reads past a position
// that Cut took back.
type Buffer struct {
	start int64
	c     *chunks // nil while there is no byte
}

// chunks is what a buffer holds, one chunk at least. Appends touch only the last.
type chunks struct {
	last chunk
	full []chunk // those before it, in order
	held int64   // the capacity of all
}

// At returns an empty buffer that begins at position pos.
func At(pos int64) Buffer { return Buffer{start: pos} }

// Start is the position of the first byte held.
func (b *Buffer) Start() int64 { return b.start }

// End is the position after the last byte held.
func (b *Buffer) End() int64 {
	if b.c == nil {
		return b.start
	}
	return b.c.last.end()
}

// Held is the memory that the chunks take, in bytes.
func (b *Buffer) Held() int64 {
	if b.c == nil {
		return 0
	}
	return b.c.held
}

// Append adds p as one append and returns the buffer's own copy of it.
func (b *Buffer) Append(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	if b.c == nil {
		b.c = &chunks{last: newChunk(b.start, len(p), 0)}
		b.c.held = int64(cap(b.c.last.b))
	}
	if !b.c.last.fits(len(p)) {
		b.c.grow(len(p))
	}
	c := &b.c.last
	at := len(c.b)
	c.add(p)
	return c.b[at:len(c.b):len(c.b)]
}

func (c *chunks) grow(need int) {
	c.full = append(c.full, c.last)
	c.last = newChunk(c.last.end(), need, c.held)
	c.held += int64(cap(c.last.b))
}

// Slices returns the bytes from position from up to position to, which must lie
// within Start and End.
func (b *Buffer) Slices(from, to int64) [][]byte {
	if from >= to {
		return nil
	}
	var out [][]byte
	for i := b.c.find(from); i < b.c.len() && b.c.at(i).start < to; i++ {
		c := b.c.at(i)
		lo := max(from-c.start, 0)
		hi := min(to-c.start, int64(len(c.b)))
		out = append(out, c.b[lo:hi:hi])
	}
	return out
}

// AppendAt returns the bounds of the append that holds the byte at pos, which
// must lie within Start and End.
func (b *Buffer) AppendAt(pos int64) (start, end int64) {
	c := b.c.at(b.c.find(pos))
	return c.bounds(c.find(int(pos - c.start)))
}

// Ends calls yield with the end of each append that ends after position from and
// at or before position to, in order.
func (b *Buffer) Ends(from, to int64, yield func(end int64)) {
	if from >= to {
		return
	}
	for i := b.c.find(from); i < b.c.len(); i++ {
		c := b.c.at(i)
		for j := range c.noted + 1 {
			switch _, end := c.bounds(j); {
			case end > to:
				return
			case end > from:
				yield(end)
			}
		}
	}
}

// Cut takes back everything from position pos on, which must be the end of an
// append or Start.
func (b *Buffer) Cut(pos int64) {
	if pos == b.start {
		b.c = nil
		return
	}
	c := b.c
	for c.last.start >= pos {
		c.held -= int64(cap(c.last.b))
		n := len(c.full) - 1
		c.last, c.full[n] = c.full[n], chunk{}
		c.full = c.full[:n]
	}
	c.last.cut(pos)
}

// Drop lets go of the chunks that end at or before position pos.
func (b *Buffer) Drop(pos int64) {
	if b.c == nil {
		return
	}
	if end := b.End(); end <= pos {
		*b = At(end)
		return
	}
	n := 0
	for n < len(b.c.full) && b.c.full[n].end() <= pos {
		b.c.held -= int64(cap(b.c.full[n].b))
		n++
	}
	if n > 0 {
		b.c.full = slices.Clone(b.c.full[n:])
		b.start = b.c.at(0).start
	}
}

func (c *chunks) len() int { return len(c.full) + 1 }

func (c *chunks) at(i int) *chunk {
	if i == len(c.full) {
		return &c.last
	}
	return &c.full[i]
}

// find returns which chunk holds the byte at pos.
func (c *chunks) find(pos int64) int {
	return sort.Search(len(c.full), func(i int) bool { return c.full[i].end() > pos })
}
