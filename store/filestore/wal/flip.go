package wal

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/bits"

	"github.com/weirstreams/weir/store/internal/bitflip"
)

// A record of which exactly one bit is wrong was whole once: a write that was
// cut short leaves zeros, or nothing, in place of what it did not write, and the
// checksums show the difference. So such a record is damage even where nothing
// else says that it had been synced, unless a torn write explains it as well.

// sector is the least that a disk writes at once.
const sector = 512

// longRecord is the size from which the difference of a torn record is the one
// of a flipped bit too often: by chance, in one of eight thousand.
const longRecord = 64 << 10

// flippedRecord looks whether the record at r.off has one flipped bit. It returns
// the damage that says so, or nil.
func (r *reader) flippedRecord() (*CorruptionError, error) {
	if r.size-r.off < recordHeaderSize {
		return nil, nil
	}
	header := make([]byte, recordHeaderSize)
	if err := r.readHere(header); err != nil {
		return nil, err
	}
	bit, intact := 0, headerIntact(header, r.seed)
	if !intact {
		if bit = mendHeader(header, r.seed); bit < 0 {
			return nil, nil
		}
	}
	h := readRecordHeader(header)
	if h.lsn != r.next || h.length > maxPayload || int64(h.length) > r.size-r.off-recordHeaderSize {
		return nil, nil
	}
	read := make([]byte, recordHeaderSize+int(h.length))
	if err := r.readHere(read); err != nil {
		return nil, err
	}
	payload := bytes.Clone(read[recordHeaderSize:])
	if intact {
		bit = mendPayload(payload, h.payloadSum)
	} else if checksum(payload) != h.payloadSum {
		bit = -1 // more than a bit
	}
	written := append(header, payload...)
	if bit < 0 || tearable(read, written[bit/8], bit/8, r.off) {
		return nil, nil
	}
	return r.flipped(fmt.Sprintf("bit %d of byte %d of the record is flipped", bit%8, bit/8), payload), nil
}

// readHere fills p from r.off on.
func (r *reader) readHere(p []byte) error {
	if n, err := r.file.ReadAt(p, r.off); n < len(p) {
		return r.readError(err)
	}
	return nil
}

// mendHeader turns the one flipped bit of a record header back and returns its
// place, or -1.
func mendHeader(p []byte, seed uint32) int {
	computed, stored := crc32.Update(seed, castagnoli, p[4:]), headerSum(p)
	bit, ok := bitflip.Find(len(p)-4, computed, stored)
	switch {
	case !ok:
		return -1
	case bit == bitflip.Sum:
		bit = bits.TrailingZeros32(computed ^ stored) // the checksum is little endian
	default:
		bit += 4 * 8
	}
	bitflip.Flip(p, bit)
	return bit
}

// mendPayload turns the one flipped bit of a payload back and returns its place in
// the record, or -1. The checksum itself is known to be right.
func mendPayload(p []byte, stored uint32) int {
	bit, ok := bitflip.Find(len(p), checksum(p), stored)
	if !ok || bit == bitflip.Sum {
		return -1
	}
	bitflip.Flip(p, bit)
	return recordHeaderSize*8 + bit
}

// tearable reports whether a torn write explains a record, or a header, that lies
// at off in its file and of which the byte at is not as written: from there on,
// or in all of its sector, nothing was written and zeros are read. In a long
// record any sign of a torn write counts.
func tearable(record []byte, written byte, at int, off int64) bool {
	if record[at]&^written != 0 {
		return false // nothing sets a bit that was not written
	}
	if zero(record[at:]) || zero(sectorAround(record, at, off)) {
		return true
	}
	return len(record) >= longRecord && (record[len(record)-1] == 0 || anySectorZero(record, off))
}

// sectorAround returns the part of a record in the sector that its byte at is in.
func sectorAround(record []byte, at int, off int64) []byte {
	start := (off+int64(at))/sector*sector - off
	return record[max(start, 0):min(start+sector, int64(len(record)))]
}

func anySectorZero(record []byte, off int64) bool {
	for at := 0; at < len(record); {
		part := sectorAround(record, at, off)
		if zero(part) {
			return true
		}
		at = int(((off+int64(at))/sector+1)*sector - off)
	}
	return false
}

func zero(p []byte) bool { return len(bytes.TrimLeft(p, "\x00")) == 0 }

// headerFlipped reports whether one bit is all that keeps a segment header from
// being the one of the segment that begins with the record first.
func (r *reader) headerFlipped(header []byte, first uint64) bool {
	written := appendHeader(nil, r.storeID, first)
	if len(header) != len(written) {
		return false
	}
	at, wrong := 0, 0
	for i := range header {
		if n := bits.OnesCount8(header[i] ^ written[i]); n > 0 {
			at, wrong = i, wrong+n
		}
	}
	return wrong == 1 && !tearable(header, written[at], at, 0)
}
