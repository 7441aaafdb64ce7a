package acidstore

import "bytes"

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
	trash, err := sh.trash(t, budget)
	if err != nil {
		return err
	}
	for _, id := range trash {
		if budget == 0 {
			break
		}
		n, err := deleteKeys(t, idKey(id), budget)
		if err != nil {
			return err
		}
		if n < budget {
			if err := t.delete(trashBucket, idKey(id)); err != nil {
				return err
			}
		}
		budget -= n
	}
	w.garbage = budget == 0 // there may be more
	return nil
}

// trash returns deleted streams that nobody reads: as many as can be removed.
func (sh *shard) trash(t *tables, budget int) (ids []uint64, err error) {
	err = each(t.base, trashBucket, nil, func(k, _ []byte) (bool, error) {
		if id := keyID(k); !sh.isPinned(id) {
			ids = append(ids, id)
		}
		return len(ids) <= budget, nil
	})
	for _, s := range sh.writer.steps {
		if s.err == nil && s.place == outOfTables && !sh.isPinned(s.next.ID) {
			ids = append(ids, s.next.ID)
		}
	}
	return ids, err
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

// deleteKeys removes up to limit keys of streams that begin with prefix.
func deleteKeys(t *tables, prefix []byte, limit int) (int, error) {
	var keys [][]byte
	c := t.base.Bucket(streamsBucket).Cursor()
	found, err := c.Seek(prefix)
	for ; found && err == nil && bytes.HasPrefix(c.Key(), prefix) && len(keys) < limit; found, err = c.Next() {
		keys = append(keys, c.Key())
	}
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		if err := t.delete(streamsBucket, k); err != nil {
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
