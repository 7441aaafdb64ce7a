package earlier

import (
	"bytes"
	"encoding/binary"
	"slices"

	"go.etcd.io/bbolt"
)

// located is the block of a stream that covers a digest, stored or not.
type located struct {
	bound   digest // the key's
	entries []byte // nil if it is not stored; valid until the bucket changes
	next    digest // the bound of the block behind it, if there is one
	hasNext bool
}

// locate finds the block that covers a digest.
func locate(c *bbolt.Cursor, stream uint64, d digest) located {
	l := located{}
	key := blockKey(stream, d)
	k, v := c.Seek(key)
	if bytes.Equal(k, key) {
		l.bound, l.entries = d, v
		k, _ = c.Next()
		l.behind(stream, k)
		return l
	}
	l.behind(stream, k)
	if k == nil {
		k, v = c.Last()
	} else {
		k, v = c.Prev()
	}
	if owns(stream, k) {
		l.bound, l.entries = readDigest(k[8:]), v
	}
	return l
}

// behind notes the key behind the block.
func (l *located) behind(stream uint64, key []byte) {
	if l.hasNext = owns(stream, key); l.hasNext {
		l.next = readDigest(key[8:])
	}
}

func owns(stream uint64, key []byte) bool {
	return len(key) == keyBytes && binary.BigEndian.Uint64(key) == stream
}

// covers counts the changes that belong into the block.
func (l located) covers(changes []change) int {
	if !l.hasNext {
		return len(changes)
	}
	n, _ := slices.BinarySearchFunc(changes, l.next, func(c change, d digest) int { return c.digest.compare(d) })
	return n
}

// applySome applies as many changes as one transaction should, and counts them. Pages
// that become empty stay in their place until the commit, and a cursor that moves back
// into one takes it for the beginning of the bucket. As changes rise, all such pages
// are before the blocks that are looked for, and no cursor meets them.
func applySome(b *bbolt.Bucket, stream uint64, changes []change) (int, error) {
	done := 0
	for blocks := 0; done < len(changes) && blocks < rewritesPerTx; blocks++ {
		n, err := rewrite(b, stream, changes[done:])
		if err != nil {
			return 0, err
		}
		done += n
	}
	return done, nil
}

// rewrite applies to the block of the first change all changes that it covers, and
// counts them. A block that becomes empty is removed: the one before it covers its
// digests then.
func rewrite(b *bbolt.Bucket, stream uint64, changes []change) (int, error) {
	l := locate(b.Cursor(), stream, changes[0].digest)
	n := l.covers(changes)
	merged := appendMerged(nil, l.entries, changes[:n])
	if len(merged) == 0 {
		return n, b.Delete(blockKey(stream, l.bound))
	}
	return n, putBlocks(b, stream, l.bound, merged)
}

// putBlocks writes entries as one block, or as several of about the same size. The
// database keeps the slices until the transaction ends.
func putBlocks(b *bbolt.Bucket, stream uint64, bound digest, merged []byte) error {
	n := entries(merged)
	blocks := (n + maxEntries - 1) / maxEntries
	for i := range blocks {
		from, to := n*i/blocks*entryBytes, n*(i+1)/blocks*entryBytes
		part := merged[from:to:to]
		if i > 0 {
			bound = readDigest(part)
		}
		if err := b.Put(blockKey(stream, bound), part); err != nil {
			return err
		}
	}
	return nil
}
