package acidstore

import (
	"bytes"

	bolt "go.etcd.io/bbolt"
)

// How many keys of deleted streams one transaction removes: few beside changes
// that somebody waits for, more when nobody does.
const (
	reclaimBeside = 32
	reclaimIdle   = 1024
)

// reclaim removes a part of what deleted streams have left. Those that are still
// being read wait.
func (sh *shard) reclaim(t *tables) error {
	w := &sh.writer
	if !w.garbage && !sh.removing() {
		return nil
	}
	budget := reclaimIdle
	if len(w.steps) > 0 {
		budget = reclaimBeside
	}
	trash := t.tx.Bucket(trashBucket)
	var gone [][]byte
	c := trash.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if sh.isPinned(keyID(k)) {
			continue
		}
		if budget == 0 {
			break
		}
		n, err := deleteKeys(t.streams, k[:idBytes], budget)
		if err != nil {
			return err
		}
		if n < budget {
			gone = append(gone, bytes.Clone(k))
		}
		budget -= n
	}
	w.garbage = budget == 0 // there may be more
	for _, k := range gone {
		if err := trash.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// removing reports whether the present batch removes a stream.
func (sh *shard) removing() bool {
	for _, s := range sh.writer.steps {
		if s.remove && s.err == nil {
			return true
		}
	}
	return false
}

// deleteKeys removes up to limit keys that begin with prefix.
func deleteKeys(b *bolt.Bucket, prefix []byte, limit int) (int, error) {
	var keys [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(keys) < limit; k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}

// isPinned reports whether a section of the stream is being read.
func (sh *shard) isPinned(id uint64) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.pinned[id] > 0
}

// pin keeps the bytes of a stream, should it be deleted, until unpin.
func (sh *shard) pin(id uint64) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.pinned[id]++
}

func (sh *shard) unpin(id uint64) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.pinned[id]--; sh.pinned[id] > 0 {
		return
	}
	delete(sh.pinned, id)
	select {
	case sh.writer.tidy <- struct{}{}:
	default:
	}
}
