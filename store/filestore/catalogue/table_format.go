package catalogue

import (
	"encoding/binary"
	"math"
)

// A table is written once, in this order, without gaps:
//
//	header   16 bytes, magic "WEIRCATT"
//	blocks   one or more, see block.go
//	index    one record a block, see index.go
//	filter   a Bloom filter of all keys, see bloom.go
//	footer   68 bytes:
//	   0  number      uint64: the one in the file's name
//	   8  index at    uint64: where the blocks end and the index starts
//	  16  filter at   uint64: where the index ends and the filter starts
//	  24  entries     uint64: in all blocks, tombstones among them
//	  32  tombstones  uint64
//	  40  blocks      uint32
//	  44  block sum   uint32: checksum of the checksums of all blocks, in order
//	  48  index sum   uint32: checksum of the index
//	  52  filter sum  uint32: checksum of the filter
//	  56  checksum    uint32 of bytes 0 to 55; the manifest repeats it
//	  60  magic       8 bytes, "WEIRCATF"
//
// Keys are unique within a table. Nothing in the file is outside a checksum, and
// through the block sum the footer's checksum stands for every byte of it.
const (
	footerLen   = 68
	footerSumAt = 56
	magicFooter = "WEIRCATF"
)

type footer struct {
	number     uint64
	indexAt    int64
	filterAt   int64
	entries    uint64
	tombstones uint64
	blocks     uint32
	blockSum   uint32
	indexSum   uint32
	filterSum  uint32
}

func (f *footer) encode() []byte {
	le := binary.LittleEndian
	b := make([]byte, 0, footerLen)
	b = le.AppendUint64(b, f.number)
	b = le.AppendUint64(b, uint64(f.indexAt))
	b = le.AppendUint64(b, uint64(f.filterAt))
	b = le.AppendUint64(b, f.entries)
	b = le.AppendUint64(b, f.tombstones)
	b = le.AppendUint32(b, f.blocks)
	b = le.AppendUint32(b, f.blockSum)
	b = le.AppendUint32(b, f.indexSum)
	b = le.AppendUint32(b, f.filterSum)
	b = le.AppendUint32(b, checksum(b))
	return append(b, magicFooter...)
}

// footerSum picks the checksum out of an encoded footer.
func footerSum(b []byte) uint32 { return binary.LittleEndian.Uint32(b[footerSumAt:]) }

// decodeFooter checks the last footerLen bytes of a file of the given size, and
// that the parts they describe lie within that file.
func decodeFooter(b []byte, size int64) (footer, error) {
	if len(b) != footerLen || string(b[60:]) != magicFooter {
		return footer{}, damage("wrong footer magic")
	}
	if footerSum(b) != checksum(b[:footerSumAt]) {
		return footer{}, damage("footer checksum does not match")
	}
	le := binary.LittleEndian
	indexAt, filterAt := le.Uint64(b[8:]), le.Uint64(b[16:])
	if indexAt > math.MaxInt64 || filterAt > math.MaxInt64 {
		return footer{}, damage("footer positions out of range")
	}
	f := footer{
		number:     le.Uint64(b),
		indexAt:    int64(indexAt),
		filterAt:   int64(filterAt),
		entries:    le.Uint64(b[24:]),
		tombstones: le.Uint64(b[32:]),
		blocks:     le.Uint32(b[40:]),
		blockSum:   le.Uint32(b[44:]),
		indexSum:   le.Uint32(b[48:]),
		filterSum:  le.Uint32(b[52:]),
	}
	return f, f.check(size)
}

func (f *footer) check(size int64) error {
	switch {
	case f.indexAt < headerLen || f.filterAt <= f.indexAt || f.filterAt >= size-footerLen:
		return damage("footer positions out of order")
	case f.filterAt-f.indexAt > maxIndexLen:
		return damage("index longer than allowed")
	case f.blocks == 0 || uint64(f.blocks) > f.entries || f.tombstones > f.entries:
		return damage("footer counts contradict each other")
	}
	return nil
}
