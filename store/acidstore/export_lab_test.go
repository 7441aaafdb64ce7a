package acidstore

import (
	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store/internal/queue"
)

// HoldTurns lets no shard commit until step or letGo is called. With step some of
// those that wait commit, each in its turn; when step returns they are done.
func (s *Store) HoldTurns() (step, letGo func()) {
	nobody := &shard{queue: queue.New[op]()}
	for range committing {
		s.turns.take(nobody)
	}
	step = func() {
		s.turns.give()
		s.turns.take(nobody)
	}
	letGo = func() {
		for range committing {
			s.turns.give()
		}
	}
	return step, letGo
}

// Drain returns when all is settled, counts of references too.
func (s *Store) Drain() {
	for range 2 {
		for _, sh := range s.shards {
			sh.settle(false)
		}
	}
}

// Live returns how many streams are in memory.
func (s *Store) Live() (n int) {
	for _, sh := range s.shards {
		sh.mu.Lock()
		n += len(sh.live)
		sh.mu.Unlock()
	}
	return n
}

// OpenTransactions returns how many transactions of readers are open.
func (s *Store) OpenTransactions() (n int) {
	for _, sh := range s.shards {
		n += sh.db.Stats().OpenTxN
	}
	return n
}

// Trash returns how many deleted streams have something left to be removed.
func (s *Store) Trash() (n int) {
	for _, sh := range s.shards {
		_ = sh.view(func(tx *bolt.Tx) error {
			n += tx.Bucket(trashBucket).Stats().KeyN
			return nil
		})
	}
	return n
}

// File returns the name of a shard's file, relative to the data directory.
func (s *Store) File(shard int) string { return s.shards[shard].file }

// Room returns how many bytes of a shard's file lie behind its pages.
func (s *Store) Room(shard int) (room int64) {
	sh := s.shards[shard]
	_ = sh.view(func(tx *bolt.Tx) error {
		room = sh.size.Load() - tx.Size()
		return nil
	})
	return room
}

// Keys returns how many keys the streams have, deleted ones included.
func (s *Store) Keys() (n int) {
	for _, sh := range s.shards {
		_ = sh.view(func(tx *bolt.Tx) error {
			n += tx.Bucket(streamsBucket).Stats().KeyN
			return nil
		})
	}
	return n
}

// Bounds of what one transaction takes, of how much a file grows at once, of
// what it has behind its pages before a change, and of the journal.
const (
	MaxGrowth     = maxGrowth
	MaxJournal    = maxJournal
	LeastRoom     = roomBase + roomPerStream + roomReserve
	MaxBatchOps   = maxBatchOps
	ReclaimBeside = reclaimBeside
	ReclaimIdle   = reclaimIdle
)

// FoldAfter is how long a change stays in the journal at most.
const FoldAfter = foldAfter
