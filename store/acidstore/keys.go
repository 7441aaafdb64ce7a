package acidstore

import (
	"encoding/binary"

	bolt "go.etcd.io/bbolt"
)

// The buckets of a shard file. FORMAT.md says what is in each.
var (
	aboutBucket   = []byte("about")
	namesBucket   = []byte("names")
	streamsBucket = []byte("streams")
	dueBucket     = []byte("due")
	forksBucket   = []byte("forks")
	sourcesBucket = []byte("sources")
	trashBucket   = []byte("trash")
	journalBucket = []byte("journal")

	buckets = [][]byte{aboutBucket, namesBucket, streamsBucket, dueBucket, forksBucket, sourcesBucket, trashBucket, journalBucket}
)

// Keys of the about bucket.
var (
	shardKey = []byte("shard") // a shardRecord
	countKey = []byte("count") // streams in this shard, 8 bytes
	wholeKey = []byte("whole") // there when the file was closed in order
)

// The keys of the streams bucket begin with the stream's identity and a kind.
// The order of the kinds puts the end of a stream's bytes beside its state, so
// that an append mostly touches one leaf of the tree.
const (
	kindChunk    = 0 // position of the chunk's first byte, 8 bytes
	kindState    = 1 // nothing more
	kindProducer = 2 // the producer's id
)

const idBytes = 8

// maxProducer is how long a producer's id may be, for its key not to be too long.
// The journal would take it, and the fold could not.
const maxProducer = bolt.MaxKeySize - idBytes - 1

// maxProducerValue is how long the value of a producer can be.
const maxProducerValue = sealBytes + 2*binary.MaxVarintLen64

// Numbers in keys are big endian, so that their order is that of the bytes.
func idKey(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

func keyID(k []byte) uint64 { return binary.BigEndian.Uint64(k) }

func chunkKey(id uint64, pos int64) []byte {
	return appendChunkKey(make([]byte, 0, chunkKeyBytes), id, pos)
}

const chunkKeyBytes = idBytes + 1 + 8

func appendChunkKey(dst []byte, id uint64, pos int64) []byte {
	dst = append(binary.BigEndian.AppendUint64(dst, id), kindChunk)
	return binary.BigEndian.AppendUint64(dst, uint64(pos))
}

// chunkPos returns the position in a chunk key of this stream; ok is false for
// any other key.
func chunkPos(k []byte, id uint64) (pos int64, ok bool) {
	if len(k) != chunkKeyBytes || keyID(k) != id || k[idBytes] != kindChunk {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(k[idBytes+1:])), true
}

func stateKey(id uint64) []byte { return append(idKey(id), kindState) }

func producerKey(id uint64, producer string) []byte {
	return append(append(idKey(id), kindProducer), producer...)
}

// dueKey orders streams by the instant at which somebody should look at them.
func dueKey(due int64, id uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(due)), id)
}

func dueInstant(k []byte) int64 { return int64(binary.BigEndian.Uint64(k)) }

// forkKey is one edge of the graph of forks.
func forkKey(source, fork uint64) []byte {
	return binary.BigEndian.AppendUint64(idKey(source), fork)
}
