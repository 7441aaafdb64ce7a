package acidstore

import (
	"reflect"
	"runtime"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store/internal/queue"
)

// HoldTurns lets no shard commit until step or letGo is called. With step the
// shard that has waited longest has one turn; when step returns it is done. With
// none waiting step returns at once.
func (s *Store) HoldTurns() (step, letGo func()) {
	t := &s.turns
	for range Committing {
		t.take(nobody)
	}
	step = func() {
		t.mu.Lock()
		if len(t.waiting) == 0 {
			t.mu.Unlock()
			runtime.Gosched()
			return
		}
		first, us := t.waiting[0], &turn{sh: nobody, passed: maxPassed, begin: make(chan struct{})}
		t.waiting[0] = us // nobody comes before us when that shard is done
		t.mu.Unlock()
		close(first.begin)
		<-us.begin
	}
	letGo = func() {
		for range Committing {
			t.give()
		}
	}
	return step, letGo
}

// nobody is a shard in whose name turns are held.
var nobody = &shard{queue: queue.New[op]()}

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
		_ = sh.db.View(func(tx *bolt.Tx) error {
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
	_ = sh.db.View(func(tx *bolt.Tx) error {
		room = sh.size.Load() - tx.Size()
		return nil
	})
	return room
}

// Keys returns how many keys the streams have, deleted ones included.
func (s *Store) Keys() (n int) {
	for _, sh := range s.shards {
		_ = sh.db.View(func(tx *bolt.Tx) error {
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
	MaxBatchBytes = maxBatchBytes
	ReclaimBeside = reclaimBeside
	ReclaimIdle   = reclaimIdle
)

// FoldAfter is how long a change stays in the journal at most.
const FoldAfter = foldAfter

// OnWrite puts hook around every write of bbolt to a shard's file. Nothing may be
// staged in that shard meanwhile.
func (s *Store) OnWrite(shard int, hook func(offset int64, write func() error) error) {
	// bbolt keeps this field for tests, of its own.
	field := reflect.ValueOf(s.shards[shard].db).Elem().FieldByName("ops").FieldByName("writeAt")
	writeAt := (*func(b []byte, off int64) (int, error))(field.Addr().UnsafePointer())
	before := *writeAt
	*writeAt = func(b []byte, off int64) (n int, err error) {
		err = hook(off, func() error {
			n, err = before(b, off)
			return err
		})
		return n, err
	}
}
