package filestore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/codec"
)

// extent describes a run of a data file: whole appends, written at one
// checkpoint. The catalogue keeps it under the position where it ends:
//
//	start    8 bytes  position of the first byte, little endian
//	sum      4 bytes  CRC-32C of the bytes, little endian
//	lengths  varints  of the appends, in order
type extent struct {
	start, end int64
	sum        uint32
	lengths    []byte
	first      int // while it is being built: number of its first append
}

// An extent is closed when it has grown to one of these.
const (
	maxExtentBytes   = 256 << 10
	maxExtentAppends = 4096
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (x *extent) encode() []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(x.start))
	b = binary.LittleEndian.AppendUint32(b, x.sum)
	return append(b, x.lengths...)
}

func decodeExtent(end int64, b []byte) (*extent, error) {
	if len(b) < 12 {
		return nil, fmt.Errorf("decode extent: %w", codec.ErrMalformed)
	}
	x := &extent{
		start: int64(binary.LittleEndian.Uint64(b)), end: end,
		sum: binary.LittleEndian.Uint32(b[8:]), lengths: b[12:],
	}
	at := x.start
	for rest := x.lengths; len(rest) > 0; {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n == 0 || n > uint64(end-at) {
			return nil, fmt.Errorf("decode extent: %w", codec.ErrMalformed)
		}
		at, rest = at+int64(n), rest[size:]
	}
	if at != end || x.start >= end {
		return nil, fmt.Errorf("decode extent: %w", codec.ErrMalformed)
	}
	return x, nil
}

// appendAt returns the bounds of the append that holds pos, which the extent
// does.
func (x *extent) appendAt(pos int64) (start, end int64) {
	start, rest := x.start, x.lengths
	for {
		n, size := binary.Uvarint(rest)
		if end = start + int64(n); pos < end || len(rest) <= size {
			return start, end
		}
		start, rest = end, rest[size:]
	}
}

func missingExtent(id uint64, pos int64) error {
	return &store.CorruptionError{File: dataFile(id), Offset: -1, Reason: unknownExtent(pos)}
}

func unknownExtent(pos int64) string {
	return fmt.Sprintf("the catalogue knows no extent at position %d", pos)
}
