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
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
	"github.com/weirstreams/weir/store/internal/queue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// shard is one bbolt file, the goroutine that writes it, and the streams of it
// that are open.
type shard struct {
	store   *Store
	file    string // relative to the data directory
	index   int
	storeID [16]byte
	db      *bolt.DB
	pages   vfs.File // the same file, for reading it with our own eyes
	crown   *boltfile.Crown
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
	mapped  int64                 // address space of the file when it was opened
	still   atomic.Pointer[still] // of the backup that is being made, or nil

	readers   atomic.Int64 // transactions that read
	beginning sync.RWMutex // held for writing while a commit is taken back

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
	if err := sh.open(g); err != nil {
		return nil, errors.Join(sh.refuse(err), sh.closeFiles())
	}
	return sh, nil
}

// open opens the file once it is known that bbolt can, and what it would find.
func (sh *shard) open(g generation) (err error) {
	if err := sh.inspect(g.shards); err != nil {
		return err
	}
	if sh.db, err = openBolt(sh.store.dir, sh.file); err != nil {
		return err
	}
	sh.mapped = mapBytes(sh.size.Load())
	sh.writer.dirty = make(map[*handle]struct{})
	return sh.readAbout(g)
}

// refuse says which file does not open and what to do.
func (sh *shard) refuse(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("the file is missing")
	}
	if placeOf(err) >= 0 {
		err = sh.damage("", err)
	}
	return fmt.Errorf("open shard %s: %w; nothing was changed: \"weir check\" lists all damage; "+
		"restore the file from a backup, or the whole data directory", sh.file, err)
}

// readAbout reads what the shard says of itself.
func (sh *shard) readAbout(g generation) error {
	return sh.view(func(r *boltfile.Reader) error {
		record, err := readRecord(r)
		if err != nil {
			return err
		}
		if record.index != sh.index || record.shards != g.shards {
			return fmt.Errorf("it is shard %d of %d: files were mixed up", record.index, record.shards)
		}
		sh.storeID = record.storeID
		sh.lastID = r.Bucket(streamsBucket).Sequence
		n, _, err := numberAt(r, aboutBucket, countKey)
		if err != nil {
			return fmt.Errorf("read the count of streams: %w", err)
		}
		sh.count.Store(int64(n))
		sh.writer.garbage, err = r.Bucket(trashBucket).Cursor().Seek(nil)
		return err
	})
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
	if sh.db != nil && sh.failure() == nil && sh.writer.wrote {
		sh.db.NoFreelistSync = false
		err = sh.update(func(tx *bolt.Tx, _ *boltfile.Reader) error {
			return tx.Bucket(aboutBucket).Put(wholeKey, sealed(aboutBucket, wholeKey, nil))
		})
		if err == nil {
			err = sh.pages.Sync() // the list counts together with the note
		}
	}
	return errors.Join(err, sh.closeFiles())
}

func (sh *shard) closeFiles() error {
	var errs []error
	if sh.db != nil {
		errs = append(errs, sh.db.Close())
	}
	if sh.pages != nil {
		errs = append(errs, sh.pages.Close())
	}
	return errors.Join(errs...)
}
