package catalogue

import (
	"bytes"
	"encoding/binary"
	"sort"
)

// The index of a table has one record a block, in order:
//
//	position    uint64: where the block starts; it ends where the next starts
//	length      uint16
//	separator   that many bytes: above every key of the blocks before, and not
//	            above the first key of this one; empty for the first block
//
// A separator is the shortest prefix of the block's first key that will do.
const (
	indexRecordLen = 8 + 2
	// maxIndexLen lets offsets into the index be kept in 32 bits.
	maxIndexLen = 1<<32 - 1
)

// index finds the block that may hold a key. It is not changed once decoded.
type index struct {
	raw    []byte   // the records as they are in the file
	starts []uint32 // where in raw each record starts
	end    int64    // where the last block ends
}

func appendIndexRecord(b []byte, position int64, separator []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(position))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(separator)))
	return append(b, separator...)
}

// separator returns the shortest prefix of key that is above last, a lesser
// key.
func separator(last, key []byte) []byte { return key[:commonPrefix(last, key)+1] }

// decodeIndex takes over raw. The blocks end at end.
func decodeIndex(raw []byte, blocks uint32, end int64) (index, error) {
	if uint64(blocks)*indexRecordLen > uint64(len(raw)) {
		return index{}, damage("index shorter than its records")
	}
	x := index{raw: raw, starts: make([]uint32, 0, blocks), end: end}
	at := 0
	for range blocks {
		if len(raw)-at < indexRecordLen {
			return index{}, damage("index record ends early")
		}
		length := int(binary.LittleEndian.Uint16(raw[at+8:]))
		if len(raw)-at-indexRecordLen < length {
			return index{}, damage("index record ends early")
		}
		x.starts = append(x.starts, uint32(at))
		at += indexRecordLen + length
	}
	if at != len(raw) {
		return index{}, damage("index longer than its records")
	}
	return x, x.check()
}

// check proves that blocks follow each other without gaps and that separators
// ascend.
func (x *index) check() error {
	if pos, _ := x.span(0); pos != headerLen || len(x.separator(0)) != 0 {
		return damage("index does not start at the first block")
	}
	for i := range x.blocks() {
		if _, length := x.span(i); length < minBlockLen || length > maxBlockLen {
			return damage("index gives a block an impossible length")
		}
		if i > 0 && bytes.Compare(x.separator(i-1), x.separator(i)) >= 0 {
			return damage("index is out of order")
		}
	}
	return nil
}

func (x *index) blocks() int { return len(x.starts) }

func (x *index) position(i int) int64 {
	return int64(binary.LittleEndian.Uint64(x.raw[x.starts[i]:]))
}

func (x *index) separator(i int) []byte {
	record := x.raw[x.starts[i]:]
	length := int(binary.LittleEndian.Uint16(record[8:]))
	return record[indexRecordLen : indexRecordLen+length]
}

// span returns where block i starts and its length in bytes.
func (x *index) span(i int) (position, length int64) {
	position, end := x.position(i), x.end
	if i+1 < x.blocks() {
		end = x.position(i + 1)
	}
	return position, end - position
}

// find returns the only block in which key may be.
func (x *index) find(key []byte) int {
	above := sort.Search(x.blocks(), func(i int) bool { return bytes.Compare(x.separator(i), key) > 0 })
	return max(above, 1) - 1
}
