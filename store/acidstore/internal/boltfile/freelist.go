package boltfile

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// freelist is the list of free pages that a file has when it was closed in order:
// a header like that of other pages, and the numbers of the free pages. When there
// are 65535 or more the count is in front of the numbers.
type freelist struct {
	ids []uint64
	own uint64 // the pages that it takes
	crc uint32
}

func readFreelist(src io.ReaderAt, id, pages uint64) (l freelist, err error) {
	at := int64(id) * PageBytes
	fail := func(format string, args ...any) (freelist, error) {
		return freelist{}, &Damage{Offset: at, Reason: "the list of free pages: " + fmt.Sprintf(format, args...)}
	}
	if id < 2 || id >= pages {
		at = -1
		return fail("page %d does not exist", id)
	}
	var start [headerBytes]byte
	if _, err := src.ReadAt(start[:], at); err != nil {
		return fail("%v", unplaced(err))
	}
	got, kind, count, over := header(start[:])
	l.own = uint64(over) + 1
	switch {
	case got != id:
		return fail("page %d says that it is page %d", id, got)
	case kind != kindFreelist:
		return fail("page %d is of another kind", id)
	case id+l.own > pages:
		return fail("it reaches beyond the last page")
	}
	b := make([]byte, l.own*PageBytes)
	if _, err := src.ReadAt(b, at); err != nil {
		return fail("%v", unplaced(err))
	}
	l.crc = crc32.Checksum(b, castagnoli)
	n := uint64(count)
	b = b[headerBytes:]
	if n == 0xffff {
		n, b = binary.LittleEndian.Uint64(b), b[8:]
	}
	if n > uint64(len(b)/8) {
		return fail("it has %d pages, more than it can hold", n)
	}
	// bbolt reserves room before it takes from the list the pages for the list.
	if l.own-1 > (headerBytes+8*(n+l.own+1))/PageBytes {
		return fail("it takes %d pages for %d numbers", l.own, n)
	}
	for i := range n {
		l.ids = append(l.ids, binary.LittleEndian.Uint64(b[8*i:]))
	}
	return l, nil
}
