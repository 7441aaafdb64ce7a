package boltfile

import (
	"encoding/binary"
	"hash/crc32"
)

// A note of ours lies in the part of a meta page that bbolt does not use, and which
// it writes full of zeros with every commit. It is written after the commit, to the
// page of the same transaction:
//
//	magic 4, checksum 4 of what follows
//	transaction 8, sum of the crown 8
const (
	noteAt    = 128
	noteBytes = 24
	noteMagic = 0x72696577
)

// Note returns the bytes to be written for a transaction, and where in the file.
func Note(txid, sum uint64) (note []byte, at int64) {
	b := make([]byte, noteBytes)
	binary.LittleEndian.PutUint32(b, noteMagic)
	binary.LittleEndian.PutUint64(b[8:], txid)
	binary.LittleEndian.PutUint64(b[16:], sum)
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[8:], castagnoli))
	return b, int64(txid%2)*PageBytes + noteAt
}

// decodeNote reads the note of a transaction.
func decodeNote(b []byte, txid uint64) (sum uint64, ok bool) {
	return binary.LittleEndian.Uint64(b[16:]), noteGood(b) && binary.LittleEndian.Uint64(b[8:]) == txid
}

func noteGood(b []byte) bool {
	return binary.LittleEndian.Uint32(b) == noteMagic &&
		binary.LittleEndian.Uint32(b[4:]) == crc32.Checksum(b[8:noteBytes], castagnoli)
}
