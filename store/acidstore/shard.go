package acidstore

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/queue"
)

// shard is one bbolt file, the goroutine that writes it, and the streams of it
// that are open.
type shard struct {
	store   *Store
	file    string // relative to the data directory
	index   int
	storeID [16]byte
	db      *bolt.DB
	queue   *queue.Queue[op]
	writer  writer

	lastID  uint64       // the highest identity stored, as of the opening
	count   atomic.Int64 // streams stored
	commits atomic.Int64 // changes settled
	syncs   atomic.Int64
	held    atomic.Int64          // memory of all buffers
	size    atomic.Int64          // of the file, in bytes
	noted   atomic.Int64          // bytes in the journal
	broken  atomic.Pointer[error] // why no change is taken any more

	mu sync.Mutex // guards what follows
	// live holds the streams that are open, those whose creation is staged, those
	// of which the journal has changes, and those whose count of references is to
	// be written.
	live map[string]*handle
	// left counts the streams that have left live: what was read from the file
	// under an earlier count may be out of date.
	left uint64
	// ahead holds the streams whose due time in memory is not the one in the file.
	ahead map[*handle]struct{}
	// pinned counts the sections that are being read, by the stream's identity.
	// The bytes of these streams are not reclaimed.
	pinned map[uint64]int
}

func newStoreID() (id [16]byte) {
	rand.Read(id[:])
	return id
}

// createShard makes an empty shard file in a folder below dir.
func createShard(dir, folder string, r shardRecord) (err error) {
	name := shardFile(folder, r.index)
	db, err := openBolt(dir, name)
	if err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.Update(func(tx *bolt.Tx) error {
		for _, b := range buckets {
			if _, err := tx.CreateBucket(b); err != nil {
				return err
			}
		}
		return tx.Bucket(aboutBucket).Put(shardKey, r.encode())
	})
	if err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	return nil
}

// openShard opens one file of a generation. It starts nothing.
func (s *Store) openShard(g generation, index int) (*shard, error) {
	sh := &shard{
		store: s, file: g.file(index), index: index,
		queue:  queue.New[op](),
		live:   make(map[string]*handle),
		ahead:  make(map[*handle]struct{}),
		pinned: make(map[uint64]int),
	}
	if err := probe(s.dir, sh.file); err != nil {
		return nil, sh.refuse(err)
	}
	db, err := openBolt(s.dir, sh.file)
	if err != nil {
		return nil, sh.refuse(err)
	}
	sh.db = db
	sh.writer.dirty = make(map[*handle]struct{})
	info, err := s.fs.Stat(sh.file)
	if err != nil {
		sh.db.Close()
		return nil, sh.refuse(err)
	}
	sh.size.Store(info.Size())
	if err := sh.readAbout(g); err != nil {
		sh.db.Close()
		return nil, sh.refuse(err)
	}
	return sh, nil
}

// refuse says which file does not open and what to do.
func (sh *shard) refuse(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("the file is missing")
	}
	return fmt.Errorf("open shard %s: %w; nothing was changed: restore the file from a backup, or the whole data directory", sh.file, err)
}

// readAbout reads what the shard says of itself.
func (sh *shard) readAbout(g generation) error {
	return sh.view(func(tx *bolt.Tx) error {
		for _, b := range buckets {
			if tx.Bucket(b) == nil {
				return fmt.Errorf("it has no bucket %q: not a shard of weir, or damaged", b)
			}
		}
		about := tx.Bucket(aboutBucket)
		r, err := decodeShardRecord(about.Get(shardKey))
		if err != nil {
			return err
		}
		if r.index != sh.index || r.shards != g.shards {
			return fmt.Errorf("it is shard %d of %d: files were mixed up", r.index, r.shards)
		}
		sh.storeID = r.storeID
		sh.lastID = tx.Bucket(streamsBucket).Sequence()
		n, err := decodeNumber(aboutBucket, countKey, about.Get(countKey))
		if err != nil {
			return fmt.Errorf("read the count of streams: %w", err)
		}
		sh.count.Store(int64(n))
		k, _ := tx.Bucket(trashBucket).Cursor().First()
		sh.writer.garbage = k != nil
		return nil
	})
}

// view runs f on the present state of the file. What f is given is only valid
// until it returns. f must be short: pages that were freed meanwhile are not used
// again before it ends.
func (sh *shard) view(f func(*bolt.Tx) error) error {
	return guard(func() error { return sh.db.View(f) })
}

// fail turns the shard read-only: what the disk holds is no longer known.
func (sh *shard) fail(cause error) error {
	err := fmt.Errorf("%w: %s: %w", store.ErrReadOnly, sh.file, withoutPath(cause))
	if sh.broken.CompareAndSwap(nil, &err) {
		sh.store.log.Error().Err(cause).Str("shard", sh.file).
			Msg("shard is read-only; restart the server once the disk is well")
	}
	return *sh.broken.Load()
}

// withoutPath is err without the place of its file in the system, which readiness
// would show to whoever asks.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}

// failure returns why the shard is read-only, or nil.
func (sh *shard) failure() error {
	if err := sh.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// figures are the shard's numbers for operators.
func (sh *shard) figures() store.ShardStats {
	st := sh.db.Stats()
	return store.ShardStats{
		File:         sh.file,
		FileBytes:    sh.size.Load(),
		PageBytes:    pageBytes,
		FreePages:    int64(st.FreePageN),
		PendingPages: int64(st.PendingPageN),
		JournalBytes: sh.noted.Load(),
		Syncs:        sh.syncs.Load(),
		Failure:      sh.failure(),
	}
}

// close closes the file. The list of free pages, which commits leave out, is
// written first, so that the next start need not look at every page for it.
func (sh *shard) close() error {
	var err error
	if sh.failure() == nil && sh.writer.wrote {
		sh.db.NoFreelistSync = false
		err = update(sh.db, func(tx *bolt.Tx) error {
			return tx.Bucket(aboutBucket).Put(wholeKey, sealed(aboutBucket, wholeKey, nil))
		})
	}
	return errors.Join(err, sh.db.Close())
}
