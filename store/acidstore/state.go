package acidstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
	"github.com/weirstreams/weir/store/internal/codec"
)

// formatVersion is in every shard file. Another one is refused.
const formatVersion = 1

// The state of a stream is stored as
//
//	checksum  4 bytes
//	name      uvarint length, and bytes
//	meta      as package codec writes it, without producers and references
//
// Producers have keys of their own, so that one append writes one of them;
// references are in the sources bucket, so that they can be recounted without
// reading every stream.
func encodeState(key []byte, m *store.Meta) []byte {
	bare := *m
	bare.Producers, bare.Refs = nil, 0
	v := make([]byte, sealBytes, sealBytes+len(m.Name)+128)
	v = append(binary.AppendUvarint(v, uint64(len(m.Name))), m.Name...)
	return seal(streamsBucket, key, codec.AppendMeta(v, &bare))
}

func decodeState(key, value []byte) (store.Meta, error) {
	b, err := unseal(streamsBucket, key, value)
	if err != nil {
		return store.Meta{}, err
	}
	return stateOf(key, b)
}

// stateOf decodes a state whose checksum is good.
func stateOf(key, b []byte) (store.Meta, error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return store.Meta{}, errMalformed
	}
	b = b[used:]
	m, err := codec.Meta(b[n:])
	if err != nil {
		return store.Meta{}, err
	}
	m.ID, m.Name = keyID(key), string(b[:n])
	return m, nil
}

func encodeProducer(key []byte, p store.ProducerState) []byte {
	v := binary.AppendVarint(make([]byte, sealBytes, sealBytes+2*binary.MaxVarintLen64), p.Epoch)
	return seal(streamsBucket, key, binary.AppendVarint(v, p.Seq))
}

func decodeProducer(key, value []byte) (p store.ProducerState, err error) {
	b, err := unseal(streamsBucket, key, value)
	if err != nil {
		return p, err
	}
	var n, k int
	if p.Epoch, n = binary.Varint(b); n <= 0 {
		return p, errMalformed
	}
	if p.Seq, k = binary.Varint(b[n:]); k <= 0 || n+k != len(b) {
		return p, errMalformed
	}
	return p, nil
}

// encodeNumber is the form of a count or an identity in a value.
func encodeNumber(bucket, key []byte, n uint64) []byte {
	return sealed(bucket, key, binary.LittleEndian.AppendUint64(nil, n))
}

// decodeNumber is 0 for a value that is not there.
func decodeNumber(bucket, key, value []byte) (uint64, error) {
	if value == nil {
		return 0, nil
	}
	b, err := unseal(bucket, key, value)
	if err != nil {
		return 0, err
	}
	return decodeCount(b)
}

func decodeCount(payload []byte) (uint64, error) {
	if len(payload) != 8 {
		return 0, errMalformed
	}
	return binary.LittleEndian.Uint64(payload), nil
}

// shardRecord says which file this is, so that files that were mixed up are not
// taken for one another:
//
//	version  1 byte
//	storeID  16 bytes  drawn when the store was made
//	index    2 bytes
//	shards   2 bytes
type shardRecord struct {
	storeID       [16]byte
	index, shards int
}

const shardRecordBytes = 1 + 16 + 2 + 2

func (r shardRecord) encode() []byte {
	b := append([]byte{formatVersion}, r.storeID[:]...)
	b = binary.LittleEndian.AppendUint16(b, uint16(r.index))
	b = binary.LittleEndian.AppendUint16(b, uint16(r.shards))
	return sealed(aboutBucket, shardKey, b)
}

// readRecord reads what a file says of itself.
func readRecord(r *boltfile.Reader) (shardRecord, error) {
	c := r.Bucket(aboutBucket).Cursor()
	if _, err := c.Seek(shardKey); err != nil {
		return shardRecord{}, err
	}
	if !bytes.Equal(c.Key(), shardKey) {
		return shardRecord{}, errors.New("it does not say what it is: not a shard of weir, or damaged")
	}
	v, err := c.Value()
	if err != nil {
		return shardRecord{}, err
	}
	record, err := decodeShardRecord(v)
	return record, atCursor(c, err)
}

func decodeShardRecord(value []byte) (r shardRecord, err error) {
	b, err := unseal(aboutBucket, shardKey, value)
	if err != nil {
		return r, fmt.Errorf("read what the file says of itself: %w", err)
	}
	switch {
	case len(b) == 0 || b[0] != formatVersion:
		return r, fmt.Errorf("made by a version of weir that this one does not know")
	case len(b) != shardRecordBytes:
		return r, fmt.Errorf("read what the file says of itself: %w", errMalformed)
	}
	copy(r.storeID[:], b[1:])
	r.index = int(binary.LittleEndian.Uint16(b[17:]))
	r.shards = int(binary.LittleEndian.Uint16(b[19:]))
	return r, nil
}
