package rowkey

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Tables whose rows nothing tells apart have keys of two kinds. Both are part of the
// format of stored data.
//
// In a log, to which rows are only added, the key is the position of the row's
// insert. A row that was copied has a position that no change has, as its commit is
// at 0: the oid of what holds the row and the row's block take the place of the
// change, the row's place in the block that of sub.
//
//	0000000001a2b3c8-0000000001a2b2f0-00000000   inserted
//	0000000000000000-0000400d00000007-00000003   copied from (7,3) of 16397
//
// Otherwise it is a hash of the row with a number that tells equal rows apart:
//
//	9f86d081884c7d659a2feaa0c55ad015-1
//
// Of n equal rows in a stream the numbers are 1 to n. One more has n+1, and one less
// is the end of n, whichever row it was: nobody can tell them apart.

// AppendAddress appends the key of a copied row of a log.
func AppendAddress(dst []byte, table, block uint32, place uint16) []byte {
	return lsn.Position{Change: lsn.LSN(uint64(table)<<32 | uint64(block)), Sub: uint32(place)}.Append(dst)
}

// HashBytes is the length of a row's hash: the first 128 bits of SHA-256, in
// hexadecimal.
const HashBytes = 32

// Hasher makes hashes of rows. The zero value is ready. It belongs to one goroutine.
type Hasher struct {
	h    hash.Hash
	room [sha256.Size]byte
}

// Add adds a column that is not NULL. Those that are do not count, so that a column
// which is added to a table changes the hash of no row that has nothing in it.
func (h *Hasher) Add(name string, value []byte) {
	if h.h == nil {
		h.h = sha256.New()
	}
	h.add([]byte(name))
	h.add(value)
}

func (h *Hasher) add(text []byte) {
	h.h.Write(binary.BigEndian.AppendUint32(h.room[:0], uint32(len(text))))
	h.h.Write(text)
}

// Append appends the hash of the columns that were added, and forgets them.
func (h *Hasher) Append(dst []byte) []byte {
	if h.h == nil {
		h.h = sha256.New()
	}
	sum := h.h.Sum(h.room[:0])
	h.h.Reset()
	return hex.AppendEncode(dst, sum[:HashBytes/2])
}

// AppendNumber appends a row's number to its hash, which dst ends with.
func AppendNumber(dst []byte, n int) []byte {
	return strconv.AppendInt(append(dst, '-'), int64(n), 10)
}

// Count returns how many equal rows there are, with a few questions whether the row
// of a number is there.
func Count(there func(n int) (bool, error)) (int, error) {
	low, high := 0, 1 // low is there, or 0
	for {
		yes, err := there(high)
		if err != nil {
			return 0, err
		}
		if !yes {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		middle := (low + high) / 2
		yes, err := there(middle)
		if err != nil {
			return 0, err
		}
		if yes {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}
