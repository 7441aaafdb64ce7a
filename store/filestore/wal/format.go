package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"strconv"
	"strings"
)

// A segment file is named after its first record, the LSN as 16 lower-case hex
// digits and ".wal". All numbers in it are little endian, all checksums CRC-32C.
//
//	segment header            record
//	 0  8  magic "weir-wal"    0  4  checksum of bytes 4 to 27
//	 8  4  version, 1          4  4  checksum of the payload
//	12 16  store id            8  4  payload length, at most 1 GiB
//	28  8  first LSN          12  8  LSN
//	36  4  checksum of        20  8  durable: highest LSN known to be
//	       bytes 0 to 35             synced when this was encoded, or 0
//	40     records            28     payload, directly followed by the next
//
// Zeros may follow the last record of any segment: they are written ahead, so
// that a sync has no new blocks to note. That no record is missing in them shows
// in the first LSN of the next segment.
//
// A record's header has a checksum of its own, so that its length is trusted
// before anything is allocated for it, and so that "durable" still counts when
// the payload is lost. That checksum starts from the one of the store id, not
// from zero: bytes that a client chose cannot pass for a record header.
const (
	magic         = "weir-wal"
	formatVersion = 1

	headerSize       = 40
	recordHeaderSize = 28
	maxPayload       = 1 << 30

	versionEnd    = 12 // magic and version stay in place in every version
	segmentSuffix = ".wal"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(p []byte) uint32 { return crc32.Checksum(p, castagnoli) }

func newChecksum() hash.Hash32 { return crc32.New(castagnoli) }

// recordSeed returns what the checksums of a store's record headers start from.
func recordSeed(storeID [16]byte) uint32 { return checksum(storeID[:]) }

func segmentName(first uint64) string { return fmt.Sprintf("%016x%s", first, segmentSuffix) }

// parseSegmentName returns the first LSN of the segment with this file name.
func parseSegmentName(name string) (uint64, bool) {
	first, err := strconv.ParseUint(strings.TrimSuffix(name, segmentSuffix), 16, 64)
	if err != nil || first == 0 || segmentName(first) != name {
		return 0, false
	}
	return first, true
}

func appendHeader(dst []byte, storeID [16]byte, first uint64) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint32(dst, formatVersion)
	dst = append(dst, storeID[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, first)
	return binary.LittleEndian.AppendUint32(dst, checksum(dst[start:]))
}

// errUnknownVersion is returned by parseHeader with the version found.
var errUnknownVersion = errors.New("unknown format version")

// parseHeader reads a segment header from the start of p. The version is
// judged before all that a later version may have moved.
func parseHeader(p []byte) (version uint32, storeID [16]byte, first uint64, err error) {
	if len(p) < versionEnd {
		return 0, storeID, 0, errors.New("segment header is incomplete")
	}
	if string(p[:len(magic)]) != magic {
		return 0, storeID, 0, errors.New("no segment header")
	}
	version = binary.LittleEndian.Uint32(p[8:])
	switch {
	case version != formatVersion && version != 0:
		return version, storeID, 0, errUnknownVersion
	case len(p) < headerSize:
		return version, storeID, 0, errors.New("segment header is incomplete")
	case binary.LittleEndian.Uint32(p[36:]) != checksum(p[:36]):
		return version, storeID, 0, errors.New("segment header has a wrong checksum")
	}
	copy(storeID[:], p[12:])
	return version, storeID, binary.LittleEndian.Uint64(p[28:]), nil
}

// recordHeader is what stands before a payload.
type recordHeader struct {
	payloadSum uint32
	length     uint32 // bytes of payload
	lsn        uint64
	durable    uint64
}

// put writes h into the first recordHeaderSize bytes of dst.
func (h recordHeader) put(dst []byte, seed uint32) {
	binary.LittleEndian.PutUint32(dst[4:], h.payloadSum)
	binary.LittleEndian.PutUint32(dst[8:], h.length)
	binary.LittleEndian.PutUint64(dst[12:], h.lsn)
	binary.LittleEndian.PutUint64(dst[20:], h.durable)
	binary.LittleEndian.PutUint32(dst, crc32.Update(seed, castagnoli, dst[4:recordHeaderSize]))
}

// readRecordHeader takes the fields from the first recordHeaderSize bytes of
// src. They mean nothing unless headerIntact agrees.
func readRecordHeader(src []byte) recordHeader {
	return recordHeader{
		payloadSum: binary.LittleEndian.Uint32(src[4:]),
		length:     binary.LittleEndian.Uint32(src[8:]),
		lsn:        binary.LittleEndian.Uint64(src[12:]),
		durable:    binary.LittleEndian.Uint64(src[20:]),
	}
}

// headerSum is the checksum that a record header says it has.
func headerSum(src []byte) uint32 { return binary.LittleEndian.Uint32(src) }

func headerIntact(src []byte, seed uint32) bool {
	return headerSum(src) == crc32.Update(seed, castagnoli, src[4:recordHeaderSize])
}
