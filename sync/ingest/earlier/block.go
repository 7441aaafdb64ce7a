package earlier

import (
	"encoding/binary"
	"sort"
)

// A block is a run of a stream's digests, in ascending order, each with its offset.
// All numbers are big-endian:
//
//	digest 16 | offset 6 | digest 16 | offset 6 | …
//
// It is the value of a key that names the stream and bounds the digests from below;
// the next key bounds them from above. The first block of a stream has the bound 0:
//
//	stream 8 | bound 16
const (
	digestBytes = 16
	entryBytes  = digestBytes + 6
	keyBytes    = 8 + digestBytes
	maxEntries  = 360 // nearly 8 KiB: two blocks, of which bbolt makes a page, waste little
)

func blockKey(stream uint64, bound digest) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, keyBytes), stream)
	return bound.append(b)
}

func appendEntry(b []byte, c change) []byte {
	b = c.digest.append(b)
	b = binary.BigEndian.AppendUint16(b, uint16(c.at>>32))
	return binary.BigEndian.AppendUint32(b, uint32(c.at))
}

func entry(block []byte, i int) change {
	b := block[i*entryBytes:]
	high, low := binary.BigEndian.Uint16(b[digestBytes:]), binary.BigEndian.Uint32(b[digestBytes+2:])
	return change{readDigest(b), int64(high)<<32 | int64(low)}
}

func entries(block []byte) int { return len(block) / entryBytes }

// findEntry returns the offset of a digest, or gone.
func findEntry(block []byte, d digest) int64 {
	n := entries(block)
	i := sort.Search(n, func(i int) bool { return readDigest(block[i*entryBytes:]).compare(d) >= 0 })
	if i < n {
		if c := entry(block, i); c.digest == d {
			return c.at
		}
	}
	return gone
}

// appendMerged appends a block as it is after changes, which rise.
func appendMerged(dst, block []byte, changes []change) []byte {
	i, n := 0, entries(block)
	for _, c := range changes {
		from := i
		for i < n && readDigest(block[i*entryBytes:]).compare(c.digest) < 0 {
			i++
		}
		dst = append(dst, block[from*entryBytes:i*entryBytes]...)
		if i < n && readDigest(block[i*entryBytes:]) == c.digest {
			i++
		}
		if c.at != gone {
			dst = appendEntry(dst, c)
		}
	}
	return append(dst, block[i*entryBytes:n*entryBytes]...)
}
