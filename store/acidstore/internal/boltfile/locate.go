package boltfile

import (
	"fmt"
	"hash/crc32"
	"io"
)

// Locate says which page is damaged when the sum of the crown should have been
// want: the one that would make it so if one bit were flipped, or else the root.
func (c *Crown) Locate(src io.ReaderAt, want uint64) *Damage {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for id, p := range c.live {
		// What the page must weigh for the sum to be right.
		target := want - c.sum + weight(id, p.crc)
		n := int64(c.span(src, id)) * PageBytes
		if at, ok := flippedByte(n, p.crc, func(crc uint32) bool { return weight(id, crc) == target }); ok {
			return &Damage{Offset: int64(id)*PageBytes + at, Reason: fmt.Sprintf("a bit of page %d is flipped, which leads to others or lists the free ones", id)}
		}
	}
	return &Damage{Offset: int64(c.root) * PageBytes, Reason: "the pages that lead to others are not those of the last transaction"}
}

// span is how many pages a page takes.
func (c *Crown) span(src io.ReaderAt, id uint64) uint32 {
	var b [headerBytes]byte
	if _, err := src.ReadAt(b[:], int64(id)*PageBytes); err != nil {
		return 1
	}
	_, _, _, over := header(b[:])
	return min(over, 1<<10) + 1
}

// flippedByte looks for the byte of so many with the given checksum of which one
// bit must be flipped for fits to take the checksum. A flipped bit changes the
// checksum by what depends on its distance from the end alone.
func flippedByte(n int64, crc uint32, fits func(uint32) bool) (at int64, ok bool) {
	var diff [8]uint32
	for bit := range diff {
		diff[bit] = crc32.Checksum([]byte{1 << bit}, castagnoli) ^ crc32.Checksum([]byte{0}, castagnoli)
	}
	for at = n - 1; at >= 0; at-- {
		for bit := range diff {
			if fits(crc ^ diff[bit]) {
				return at, true
			}
			diff[bit] = castagnoli[byte(diff[bit])] ^ diff[bit]>>8
		}
	}
	return 0, false
}
