// Package tailbuf holds the most recent bytes of one stream in memory: append
// at the end, read anywhere, drop from the front. Start with Buffer.
//
// Bytes are kept in chunks that never move, so a slice of them can be handed to
// any number of readers while more is appended behind it.
package tailbuf

import "sort"

// Chunks grow with the stream, so that a small stream costs little and a large
// one needs few of them.
const (
	minChunk = 512
	maxChunk = 64 << 10
)

// Buffer holds the bytes of the positions Start to End. The zero value is empty
// at position 0. It has no lock: the owner guards it. Slices that it returned
// stay valid and unchanged after any later call, as long as nobody reads past a
// position that Cut took back.
type Buffer struct {
	start, end int64
	held       int64
	chunks     []chunk
}

// chunk holds whole appends only.
type chunk struct {
	start int64
	b     []byte
	ends  []uint32 // where each append ends, relative to start
}

// At returns an empty buffer that begins at position pos.
func At(pos int64) Buffer { return Buffer{start: pos, end: pos} }

// Start is the position of the first byte held.
func (b *Buffer) Start() int64 { return b.start }

// End is the position after the last byte held.
func (b *Buffer) End() int64 { return b.end }

// Held is the memory that the chunks take, in bytes.
func (b *Buffer) Held() int64 { return b.held }

// Append adds p as one append and returns the buffer's own copy of it.
func (b *Buffer) Append(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	if n := len(b.chunks); n == 0 || cap(b.chunks[n-1].b)-len(b.chunks[n-1].b) < len(p) {
		b.grow(len(p))
	}
	c := &b.chunks[len(b.chunks)-1]
	at := len(c.b)
	c.b = append(c.b, p...)
	c.ends = append(c.ends, uint32(len(c.b)))
	b.end += int64(len(p))
	return c.b[at:len(c.b):len(c.b)]
}

func (b *Buffer) grow(need int) {
	size := minChunk
	if n := len(b.chunks); n > 0 {
		size = min(2*cap(b.chunks[n-1].b), maxChunk)
	}
	size = max(size, need)
	b.chunks = append(b.chunks, chunk{start: b.end, b: make([]byte, 0, size)})
	b.held += int64(size)
}

// Slices returns the bytes from position from up to position to, which must lie
// within Start and End.
func (b *Buffer) Slices(from, to int64) [][]byte {
	if from >= to {
		return nil
	}
	i := b.find(from)
	var out [][]byte
	for ; i < len(b.chunks) && b.chunks[i].start < to; i++ {
		c := &b.chunks[i]
		lo := max(from-c.start, 0)
		hi := min(to-c.start, int64(len(c.b)))
		out = append(out, c.b[lo:hi:hi])
	}
	return out
}

// AppendAt returns the bounds of the append that holds the byte at pos, which
// must lie within Start and End.
func (b *Buffer) AppendAt(pos int64) (start, end int64) {
	c := &b.chunks[b.find(pos)]
	rel := uint32(pos - c.start)
	i := sort.Search(len(c.ends), func(i int) bool { return c.ends[i] > rel })
	if i > 0 {
		start = int64(c.ends[i-1])
	}
	return c.start + start, c.start + int64(c.ends[i])
}

// Ends calls yield with the end of each append that ends after position from and
// at or before position to, in order.
func (b *Buffer) Ends(from, to int64, yield func(end int64)) {
	if from >= to {
		return
	}
	for i := b.find(from); i < len(b.chunks); i++ {
		c := &b.chunks[i]
		for _, e := range c.ends {
			switch end := c.start + int64(e); {
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
	for n := len(b.chunks); n > 0; n = len(b.chunks) {
		c := &b.chunks[n-1]
		if c.start < pos {
			rel := uint32(pos - c.start)
			c.b = c.b[:rel]
			i := sort.Search(len(c.ends), func(i int) bool { return c.ends[i] > rel })
			c.ends = c.ends[:i]
			break
		}
		b.held -= int64(cap(c.b))
		b.chunks[n-1] = chunk{}
		b.chunks = b.chunks[:n-1]
	}
	b.end = pos
}

// Drop lets go of the chunks that end at or before position pos.
func (b *Buffer) Drop(pos int64) {
	n := 0
	for n < len(b.chunks) && b.chunks[n].start+int64(len(b.chunks[n].b)) <= pos {
		b.held -= int64(cap(b.chunks[n].b))
		n++
	}
	if n == 0 {
		return
	}
	if n == len(b.chunks) {
		b.chunks, b.start = nil, b.end
		return
	}
	b.chunks = append([]chunk(nil), b.chunks[n:]...)
	b.start = b.chunks[0].start
}

func (b *Buffer) find(pos int64) int {
	return sort.Search(len(b.chunks), func(i int) bool {
		return b.chunks[i].start+int64(len(b.chunks[i].b)) > pos
	})
}
