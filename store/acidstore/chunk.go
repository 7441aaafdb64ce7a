package acidstore

import "encoding/binary"

// A chunk is a run of a stream's bytes, stored as one value under the position of
// its first byte:
//
//	checksum   4 bytes
//	flags      1 byte    chunkContinues
//	ends       uvarint   how many appends end in the chunk
//	lengths    uvarints  for each, the distance from the end before it
//	bytes      the rest
//
// The last append of a chunk goes on in the next one when no end is at the
// chunk's end.
type chunk struct {
	continues bool // the first byte belongs to an append that began before it
	ends      int  // how many appends end here
	lengths   []byte
	bytes     []byte
}

const chunkContinues = 1

// How much a chunk holds. Small appends share one until it has chunkBytes; a
// larger append is cut into pieces of pieceBytes. ARCHITECTURE.md has the
// measurements.
const (
	chunkBytes = 8 << 10
	pieceBytes = 16 << 10
	// fillPercent is how full bbolt leaves the first of two leaves when it splits
	// one. Streams grow at their ends, so what is left behind is seldom added to.
	fillPercent = 0.9
)

// decodeChunk verifies a chunk. What it returns points into the value.
func decodeChunk(key, value []byte) (chunk, error) {
	b, err := unseal(streamsBucket, key, value)
	if err != nil {
		return chunk{}, err
	}
	if len(b) == 0 || b[0]&^chunkContinues != 0 {
		return chunk{}, errMalformed
	}
	c := chunk{continues: b[0]&chunkContinues != 0}
	n, used := binary.Uvarint(b[1:])
	if used <= 0 || n > uint64(len(b)) {
		return chunk{}, errMalformed
	}
	b = b[1+used:]
	c.ends = int(n)
	rest, total := b, uint64(0)
	for range c.ends {
		length, used := binary.Uvarint(rest)
		if used <= 0 || length == 0 || length > uint64(len(rest)) {
			return chunk{}, errMalformed
		}
		rest, total = rest[used:], total+length
	}
	if total > uint64(len(rest)) || len(rest) == 0 {
		return chunk{}, errMalformed
	}
	c.lengths, c.bytes = b[:len(b)-len(rest)], rest
	return c, nil
}

// each calls f with the bounds of every append that touches the chunk, relative
// to its first byte, until f returns false. An append that goes on in the next
// chunk ends at the chunk's end here, with open set.
func (c *chunk) each(f func(start, end int, open bool) bool) {
	start := 0
	for rest := c.lengths; len(rest) > 0; {
		length, used := binary.Uvarint(rest)
		rest = rest[used:]
		if !f(start, start+int(length), false) {
			return
		}
		start += int(length)
	}
	if start < len(c.bytes) {
		f(start, len(c.bytes), true)
	}
}

// filling is a chunk that is being put together.
type filling struct {
	pos       int64 // of its first byte
	continues bool
	ends      int
	lengths   []byte
	bytes     []byte
}

// begin makes f an empty chunk at pos. Its memory is used again.
func (f *filling) begin(pos int64, continues bool) {
	*f = filling{pos: pos, continues: continues, lengths: f.lengths[:0], bytes: f.bytes[:0]}
}

// reopen makes f what c is, which begins at pos, to take more.
func (f *filling) reopen(pos int64, c chunk) {
	f.begin(pos, c.continues)
	f.ends = c.ends
	f.lengths = append(f.lengths, c.lengths...)
	f.bytes = append(f.bytes, c.bytes...)
}

// fits reports whether an append of n bytes goes into the chunk whole.
func (f *filling) fits(n int) bool { return len(f.bytes)+n <= chunkBytes }

// add puts bytes at the chunk's end; ended says that the append ends with them,
// and length how much of the append is in this chunk.
func (f *filling) add(b []byte, ended bool) {
	f.bytes = append(f.bytes, b...)
	if ended {
		f.ends++
		f.lengths = binary.AppendUvarint(f.lengths, uint64(len(b)))
	}
}

// encode returns the value under the chunk's key.
func (f *filling) encode(key []byte) []byte {
	v := make([]byte, sealBytes, sealBytes+1+binary.MaxVarintLen32+len(f.lengths)+len(f.bytes))
	var flags byte
	if f.continues {
		flags = chunkContinues
	}
	v = binary.AppendUvarint(append(v, flags), uint64(f.ends))
	v = append(append(v, f.lengths...), f.bytes...)
	return seal(streamsBucket, key, v)
}
