package catalogue

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// A block is one or more entries in ascending key order and a checksum:
//
//	entry     shared   uvarint: bytes of the key before, which this one repeats;
//	                   0 in the first entry
//	          tail     uvarint: bytes of the key that follow
//	          value    uvarint: 0 a tombstone, otherwise 1 + length of the value
//	          the tail of the key, then the value
//	...
//	checksum  uint32 of the table's number (uint64), the block's position in the
//	          file (uint64) and all entries
//
// Number and position are summed too, so that a block which a disk wrote to, or
// left at, the wrong place does not pass for the right one.
const (
	minBlockLen = 3 + checksumLen
	// maxBlockLen holds one full block, or the largest entry alone.
	maxBlockLen = maxBlockBytes + MaxKeyBytes + MaxValueBytes + 64
)

// entry is a key with a value, or with a tombstone that hides the key in older
// tables. The reader of an entry does not own its slices.
type entry struct {
	key, value []byte
	deleted    bool
}

// appendEntry encodes e after an entry with key before, nil when e is first.
func appendEntry(b []byte, before []byte, e entry) []byte {
	shared := commonPrefix(before, e.key)
	b = binary.AppendUvarint(b, uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(e.key)-shared))
	if e.deleted {
		b = binary.AppendUvarint(b, 0)
		return append(b, e.key[shared:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(e.value))+1)
	b = append(b, e.key[shared:]...)
	return append(b, e.value...)
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func blockChecksum(entries []byte, table uint64, position int64) uint32 {
	at := binary.LittleEndian.AppendUint64(make([]byte, 0, 16), table)
	at = binary.LittleEndian.AppendUint64(at, uint64(position))
	return crc32.Update(checksum(at), castagnoli, entries)
}

// addBlockSum extends a footer's block sum by the checksum that ends block.
func addBlockSum(sum uint32, block []byte) uint32 {
	return crc32.Update(sum, castagnoli, block[len(block)-checksumLen:])
}

// openBlock verifies a whole block of a table and returns its entries, a part of b.
func openBlock(b []byte, table uint64, position int64) ([]byte, error) {
	if len(b) < minBlockLen {
		return nil, damage("block shorter than one entry")
	}
	entries := b[:len(b)-checksumLen]
	if binary.LittleEndian.Uint32(b[len(entries):]) != blockChecksum(entries, table, position) {
		return nil, damage("block checksum does not match")
	}
	return entries, nil
}

// blockDecoder walks the entries of one block after the other and checks that
// keys ascend, within a block and from one to the next.
type blockDecoder struct {
	rest    []byte // not yet decoded
	current entry  // key is a buffer of the decoder's own, value a part of rest
	first   bool   // the next entry is the first of its block
	ordered bool   // current.key bounds the next key from below
}

// restart forgets the key before, and with it the lower bound of the next one.
func (d *blockDecoder) restart() { d.ordered = false }

// load starts on the entries of the following block.
func (d *blockDecoder) load(entries []byte) { d.rest, d.first = entries, true }

// next decodes an entry into current, valid until the following next or load;
// false is the end of the block.
func (d *blockDecoder) next() (bool, error) {
	if len(d.rest) == 0 {
		return false, nil
	}
	shared, ok1 := d.uvarint()
	tail, ok2 := d.uvarint()
	tag, ok3 := d.uvarint()
	if !ok1 || !ok2 || !ok3 {
		return false, damage("entry ends early")
	}
	key := d.current.key
	if shared > uint64(len(key)) || d.first && shared > 0 {
		return false, damage("entry shares more than the key before")
	}
	if tail > MaxKeyBytes || shared+tail > MaxKeyBytes || tag > MaxValueBytes+1 {
		return false, damage("entry longer than allowed")
	}
	valueLen := max(tag, 1) - 1
	if tail+valueLen > uint64(len(d.rest)) {
		return false, damage("entry runs past its block")
	}
	suffix, value := d.rest[:tail], d.rest[tail:tail+valueLen]
	if d.ordered && bytes.Compare(suffix, key[shared:]) <= 0 {
		return false, damage("keys do not ascend")
	}
	d.rest = d.rest[tail+valueLen:]
	d.current = entry{key: append(key[:shared], suffix...), value: value, deleted: tag == 0}
	d.first, d.ordered = false, true
	return true, nil
}

func (d *blockDecoder) uvarint() (uint64, bool) {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		return 0, false
	}
	d.rest = d.rest[n:]
	return v, true
}
