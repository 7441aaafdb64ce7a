package tailbuf

import (
	"encoding/binary"
	"slices"
	"sort"
)

// Chunks grow with what the buffer holds, so that a small stream costs little and a
// large one needs few of them. What was dropped does not count: where many streams
// grow and are written behind by turns, each goes on with small ones.
const (
	minChunk = 128
	maxChunk = 64 << 10
	// ownChunk is the size from which an append that does not fit gets a chunk
	// of just its size: of such few fit into a larger one, and one may fit badly.
	ownChunk = maxChunk / 4
)

// chunk is a run of whole appends in one piece of memory, which never moves:
// their bytes from the front, and from the back where each of them but the last
// ends.
//
//	| bytes of the appends | room | ... | end of the second | end of the first |
//
// An end is four bytes, little-endian, relative to start. The last append needs
// none: it ends where the bytes do.
type chunk struct {
	start int64  // the position of the first byte
	b     []byte // the bytes; all of its capacity is the chunk's
	noted int    // how many ends are noted
}

const endSize = 4

// newChunk returns an empty chunk with room for one append of size bytes, for a
// buffer whose chunks take held bytes.
func newChunk(start int64, size int, held int64) chunk {
	if size < ownChunk {
		size = max(size, minChunk, int(min(held/2, maxChunk)))
	}
	if size < ownChunk {
		// All that the allocator gives for this size.
		return chunk{start: start, b: slices.Grow([]byte(nil), size)}
	}
	// Not cleared when it is fresh, so its pages are touched one by one.
	return chunk{start: start, b: make([]byte, 0, size)}
}

func (c *chunk) end() int64 { return c.start + int64(len(c.b)) }

// fits reports whether there is room for an append of n bytes.
func (c *chunk) fits(n int) bool {
	if len(c.b) == 0 {
		return n <= cap(c.b)
	}
	return n <= cap(c.b)-len(c.b)-(c.noted+1)*endSize
}

// add adds p as one append, which fits.
func (c *chunk) add(p []byte) {
	if len(c.b) > 0 {
		c.noted++
		binary.LittleEndian.PutUint32(c.slot(c.noted-1), uint32(len(c.b)))
	}
	c.b = append(c.b, p...)
}

// slot is where end i is noted.
func (c *chunk) slot(i int) []byte {
	mem := c.b[:cap(c.b)]
	return mem[len(mem)-(i+1)*endSize:][:endSize]
}

// append i ends at this position, relative to start.
func (c *chunk) appendEnd(i int) int {
	if i == c.noted {
		return len(c.b)
	}
	return int(binary.LittleEndian.Uint32(c.slot(i)))
}

// find returns which append holds the byte at rel, relative to start.
func (c *chunk) find(rel int) int {
	return sort.Search(c.noted, func(i int) bool { return c.appendEnd(i) > rel })
}

// bounds returns where append i begins and ends, as positions.
func (c *chunk) bounds(i int) (start, end int64) {
	if i > 0 {
		start = int64(c.appendEnd(i - 1))
	}
	return c.start + start, c.start + int64(c.appendEnd(i))
}

// cut takes back what is behind pos, the end of an append in the chunk.
func (c *chunk) cut(pos int64) {
	rel := int(pos - c.start)
	c.noted = c.find(rel - 1)
	c.b = c.b[:rel]
}
