package acidstore

import (
	"bytes"
	"context"
	"errors"
	"unsafe"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
)

// How much one transaction of a scrub verifies. Between two of them pages that
// were freed can be used again.
const (
	scrubKeys  = 1024
	scrubBytes = 4 << 20
)

// Scrub implements store.Store. It verifies the checksum of every value that
// leads to a stream or belongs to one, and that the bytes of each stream are all
// there. A shard of which bbolt cannot read a page is reported and left.
func (s *Store) Scrub(ctx context.Context, report func(store.CorruptionError)) error {
	for _, sh := range s.shards {
		x := scrubber{sh: sh, report: report}
		for _, b := range [][]byte{aboutBucket, dueBucket, forksBucket, sourcesBucket, trashBucket, journalBucket, namesBucket} {
			if err := x.bucket(ctx, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// scrubber goes through one shard.
type scrubber struct {
	sh     *shard
	report func(store.CorruptionError)
}

// damage reports a value, or the whole file when value is nil.
func (x *scrubber) damage(stream, what string, value []byte) {
	x.report(store.CorruptionError{File: x.sh.file, Stream: stream, Offset: x.sh.offset(value), Reason: what})
}

// offset is where in the file a value of the present transaction lies, or -1.
func (sh *shard) offset(value []byte) int64 {
	if len(value) == 0 {
		return -1
	}
	at := int64(uintptr(unsafe.Pointer(&value[0])) - sh.db.Info().Data)
	if at < 0 || at >= sh.size.Load() {
		return -1 // bbolt has copied it, as its place in a small bucket is not aligned
	}
	return at
}

// bucket verifies the values of a bucket, and the streams that the names lead to.
func (x *scrubber) bucket(ctx context.Context, bucket []byte) error {
	for from := []byte{}; from != nil; {
		var names []string
		err := x.sh.view(func(tx *bolt.Tx) error {
			names, from = x.values(tx, bucket, from)
			return nil
		})
		if err != nil {
			x.damage("", err.Error(), nil)
			return nil
		}
		for _, name := range names {
			if err := x.stream(ctx, name); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// values verifies a part of a bucket and returns the key to go on with, nil at
// the end. Of the names it returns those that are well.
func (x *scrubber) values(tx *bolt.Tx, bucket, from []byte) (names []string, next []byte) {
	c := tx.Bucket(bucket).Cursor()
	k, v := c.Seek(from)
	for range scrubKeys {
		if k == nil {
			return names, nil
		}
		if _, err := unseal(bucket, k, v); err != nil {
			x.damage("", string(bucket)+": "+err.Error(), v)
		} else if &bucket[0] == &namesBucket[0] {
			names = append(names, string(k))
		}
		k, v = c.Next()
	}
	return names, bytes.Clone(k)
}

// stream verifies the state and the bytes of a stream. One that is deleted
// meanwhile is passed over.
func (x *scrubber) stream(ctx context.Context, name string) error {
	var m store.Meta
	err := x.sh.view(func(tx *bolt.Tx) error {
		id, err := lookUp(tx, name)
		if err != nil {
			return err
		}
		m, err = readMeta(tx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		x.damage(name, err.Error(), nil)
		return nil
	}
	for pos := m.Base(); pos < m.Tail; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var bad []byte
		offset := int64(-1)
		err := x.sh.view(func(tx *bolt.Tx) (err error) {
			pos, bad, err = verify(tx, m.ID, pos, m.Tail)
			offset = x.sh.offset(bad)
			return err
		})
		switch {
		case err == nil:
		case x.isGone(name, m.ID):
			return nil
		default:
			x.report(store.CorruptionError{File: x.sh.file, Stream: name, Offset: offset, Reason: err.Error()})
			return nil
		}
	}
	return nil
}

// verify goes over a part of a stream's chunks and returns the position that it
// has reached, or the value that is damaged.
func verify(tx *bolt.Tx, id uint64, pos, tail int64) (reached int64, bad []byte, err error) {
	c := tx.Bucket(streamsBucket).Cursor()
	k, v := c.Seek(chunkKey(id, pos))
	for size := 0; pos < tail && size < scrubBytes; k, v = c.Next() {
		if at, ok := chunkPos(k, id); !ok || at != pos {
			return pos, nil, errChunkMissing
		}
		ch, err := decodeChunk(k, v)
		if err != nil {
			return pos, v, err
		}
		pos += int64(len(ch.bytes))
		size += len(v)
	}
	return pos, nil, nil
}

// isGone reports whether the stream of this name is another one by now, or none.
func (x *scrubber) isGone(name string, id uint64) (gone bool) {
	_ = x.sh.view(func(tx *bolt.Tx) error {
		now, err := lookUp(tx, name)
		gone = errors.Is(err, store.ErrNotFound) || err == nil && now != id
		return nil
	})
	return gone
}
