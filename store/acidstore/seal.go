package acidstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// bbolt's pages carry no checksum, so every value begins with one: CRC-32C over
// the bucket's name, the key and the rest of the value. It tells damaged values
// and values that are found under another key from good ones.
const sealBytes = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errSeal says that a value is not what was written under its key.
var errSeal = errors.New("checksum does not match")

// What is wrong with values whose checksums are good.
var (
	errMalformed    = errors.New("malformed value")
	errStateMissing = errors.New("the stream's state is missing")
	errChunkMissing = errors.New("bytes of the stream are missing")
)

// bucketSeal is the part of a checksum that all values of a bucket share.
type bucketSeal uint32

func sealOf(bucket []byte) bucketSeal { return bucketSeal(crc32.Checksum(bucket, castagnoli)) }

func (s bucketSeal) checksum(key, payload []byte) uint32 {
	return crc32.Update(crc32.Update(uint32(s), castagnoli, key), castagnoli, payload)
}

// unseal verifies a value and returns its payload, which is a part of it.
func (s bucketSeal) unseal(key, value []byte) ([]byte, error) {
	if len(value) < sealBytes || binary.LittleEndian.Uint32(value) != s.checksum(key, value[sealBytes:]) {
		return nil, errSeal
	}
	return value[sealBytes:], nil
}

// seal fills in the checksum of a value whose payload begins after sealBytes.
func seal(bucket, key, value []byte) []byte {
	binary.LittleEndian.PutUint32(value, sealOf(bucket).checksum(key, value[sealBytes:]))
	return value
}

// sealed returns a value with the given payload.
func sealed(bucket, key, payload []byte) []byte {
	return seal(bucket, key, append(make([]byte, sealBytes, sealBytes+len(payload)), payload...))
}

// unseal verifies a value of a bucket and returns its payload, which is a part of it.
func unseal(bucket, key, value []byte) ([]byte, error) { return sealOf(bucket).unseal(key, value) }
