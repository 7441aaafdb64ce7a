// Package bitflip finds the one bit that is wrong in bytes whose CRC-32C does
// not match. Start with Find.
//
// A checksum of this kind is linear: by how much it differs from the right one
// depends only on which bits are wrong, not on what the bytes are. One wrong bit
// in up to 256 MiB leaves a difference that no other single bit leaves, so it can
// be named, and told from bytes that were never written whole.
package bitflip

import (
	"hash/crc32"
	"math/bits"
)

var (
	table = crc32.MakeTable(crc32.Castagnoli)
	// back holds, by their highest byte, the indexes of the table's entries. All
	// 256 highest bytes differ.
	back = invert(table)
)

func invert(t *crc32.Table) (inverse [256]byte) {
	for i, entry := range t {
		inverse[entry>>24] = byte(i)
	}
	return inverse
}

// Sum as the place of a wrong bit stands for the stored checksum itself.
const Sum = -1

// Find looks for the one bit that is wrong in n bytes, or in the checksum stored
// for them, when computed is the CRC-32C of what was read and stored the one that
// was written. What the two start from does not matter. bit counts from the lowest
// bit of the first byte, or is Sum. ok is false when more than one bit is wrong,
// or none.
//
// Among other damage one in 2^29/n passes for a wrong bit by chance. Find takes
// time in proportion to n.
func Find(n int, computed, stored uint32) (bit int, ok bool) {
	diff := computed ^ stored
	switch bits.OnesCount32(diff) {
	case 0:
		return 0, false
	case 1:
		return Sum, true
	}
	// A wrong bit b in the last byte leaves table[1<<b], and every byte behind it
	// moves the difference on as a zero byte moves a checksum. Undone from the end
	// on, byte by byte, the difference comes to 1<<b at the byte it began in.
	for at := n - 1; at >= 0; at-- {
		i := back[diff>>24]
		diff = (diff^table[i])<<8 | uint32(i)
		if diff < 256 && diff&(diff-1) == 0 {
			return at*8 + bits.TrailingZeros32(diff), true
		}
	}
	return 0, false
}

// Flip turns a bit of p over, as Find counts them. It does nothing for Sum.
func Flip(p []byte, bit int) {
	if bit != Sum {
		p[bit/8] ^= 1 << (bit % 8)
	}
}
