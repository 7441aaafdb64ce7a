// Package acidstore is the tier that keeps streams in a database: bbolt files,
// the shards, over which streams are spread by a hash of their names. Start with
// Open; FORMAT.md beside this file describes what is on the disk.
//
// Each shard has one writer, a goroutine that turns everything that waits into
// one transaction; a change has settled when that is synced. It goes into the
// shard's journal first and is folded into the tables later, many changes at a
// time. Readers take the newest bytes from memory and the others in transactions
// of microseconds, so that none of them keeps old pages from being used again.
//
// The files are bbolt's, and bbolt writes them. They are read by package boltfile,
// which finds what is damaged where bbolt would trust it; Check and Scrub read all.
//
// Locks are taken in the order shard.mu, handle.mu, queue. Nobody holds those of
// two shards.
package acidstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/gate"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Options tune a Store. Fields that are zero have the stated defaults.
type Options struct {
	// Shards is the number of bbolt files, a power of two from 1 to MaxShards. It
	// is fixed when the store is made; see Reshard. Default 16.
	Shards int
	// Log receives what start-up repairs and what fails. Default: nothing.
	Log *zerolog.Logger
}

const defaultShards = 16

// openingAtOnce is how many files are opened at a time. Opening is reading.
const openingAtOnce = 4

// Store is the acid tier.
type Store struct {
	dir     string
	fs      vfs.FS
	log     zerolog.Logger
	lock    io.Closer
	shards  []*shard
	turns   turns
	backups gate.Gate
	nextID  atomic.Uint64 // the identity given last
	closed  atomic.Bool   // Close has begun

	// For operators, of all shards.
	noSpace   atomic.Int64 // changes refused
	groupSize *store.Distribution
	syncTime  *store.Distribution

	closing sync.Once
}

var _ store.Store = (*Store)(nil)

// Open opens the store in the directory dir, or makes one when there is none.
// The directory must exist. A shard that is missing or does not open, a count of
// shards that differs from the recorded one, and another process that has the
// directory open are errors that name the file, the numbers, or the cause.
func Open(dir string, o *Options) (*Store, error) { return open(dir, vfs.OS(dir), o) }

// open is Open with the file operations that are not bbolt's on fsys.
func open(dir string, fsys vfs.FS, o *Options) (*Store, error) {
	s := &Store{dir: dir, fs: fsys, log: zerolog.Nop(), groupSize: store.NewSizes(), syncTime: store.NewTimes()}
	shards := defaultShards
	if o != nil && o.Shards != 0 {
		shards = o.Shards
	}
	if o != nil && o.Log != nil {
		s.log = *o.Log
	}
	if err := ValidShards(shards); err != nil {
		return nil, err
	}
	lock, err := lockDir(dir, fsys)
	if err != nil {
		return nil, err
	}
	s.lock = lock
	if err := s.load(shards); err != nil {
		s.closeFiles()
		return nil, err
	}
	for _, sh := range s.shards {
		sh.start()
	}
	return s, nil
}

// lockDir takes the lock of a data directory, which must exist.
func lockDir(dir string, fsys vfs.FS) (io.Closer, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	lock, err := fsys.Lock(lockFile)
	if errors.Is(err, vfs.ErrLocked) {
		return nil, fmt.Errorf("%w: %w", store.ErrInUse, err)
	}
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	return lock, nil
}

// load opens the shards, or makes them, and counts references anew.
func (s *Store) load(shards int) error {
	g, older, found, err := current(s.fs)
	if err != nil {
		return err
	}
	if !found {
		if g, err = s.begin(shards); err != nil {
			return err
		}
	}
	if g.shards != shards {
		return fmt.Errorf("the streams are kept in %d shards and %d are configured: "+
			"set DS_STORAGE__ACID_SHARD_COUNT=%d, or run \"weir reshard\" once with the new number while no server uses the directory",
			g.shards, shards, g.shards)
	}
	// The rename that made the generation may not be durable yet.
	if err := s.fs.SyncDir(root); err != nil {
		return fmt.Errorf("sync %s: %w", root, err)
	}
	for _, old := range older {
		s.log.Warn().Str("folder", old.dir()).Msg("left by a reshard that was cut short after its end; may be removed")
	}
	if err := s.openShards(g); err != nil {
		return err
	}
	if err := s.recount(); err != nil {
		return err
	}
	for _, sh := range s.shards {
		if err := sh.replay(); err != nil {
			return err
		}
	}
	return nil
}

// begin makes the first generation, all shards of which are empty.
func (s *Store) begin(shards int) (generation, error) {
	g := generation{number: 1, shards: shards}
	if err := clearBuilding(s.fs); err != nil {
		return g, err
	}
	if err := s.fs.SyncDir("."); err != nil {
		return g, fmt.Errorf("make %s: %w", root, err)
	}
	id := newStoreID()
	var group errgroup.Group
	group.SetLimit(openingAtOnce)
	for i := range shards {
		group.Go(func() error {
			return createShard(s.dir, building, shardRecord{storeID: id, index: i, shards: shards})
		})
	}
	if err := group.Wait(); err != nil {
		return g, err
	}
	return g, publish(s.fs, g)
}

// openShards opens every file of a generation.
func (s *Store) openShards(g generation) error {
	s.shards = make([]*shard, g.shards)
	var group errgroup.Group
	group.SetLimit(openingAtOnce)
	for i := range s.shards {
		group.Go(func() (err error) {
			s.shards[i], err = s.openShard(g, i)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, sh := range s.shards {
		if sh.storeID != s.shards[0].storeID {
			return fmt.Errorf("%s and %s belong to different stores: "+
				"put the files of one backup together", s.shards[0].file, sh.file)
		}
		s.nextID.Store(max(s.nextID.Load(), sh.lastID))
	}
	return nil
}

// of returns the shard of a stream's name.
func (s *Store) of(name string) *shard { return s.shards[shardOf(name, len(s.shards))] }

// Create implements store.Store.
func (s *Store) Create(name string, cfg store.Config, first *store.Change, done store.Completion) (store.Handle, bool, error) {
	if s.closed.Load() {
		return nil, false, store.ErrClosed
	}
	sh := s.of(name)
	if taken, err := sh.exists(name); err != nil {
		return nil, false, err
	} else if taken {
		return nil, false, store.ErrExists
	}
	h := newHandle(sh, store.NewMeta(s.nextID.Add(1), name, cfg))
	if err := sh.introduce(h, op{kind: opCreate, h: h, change: first, done: done}); err != nil {
		return nil, false, err
	}
	return h, false, nil
}

// Open implements store.Store.
func (s *Store) Open(name string) (store.Handle, error) {
	if s.closed.Load() {
		return nil, store.ErrClosed
	}
	h, err := s.of(name).acquire(name)
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Health implements store.Store. It names every shard that is read-only.
func (s *Store) Health() error {
	if s.closed.Load() {
		return store.ErrClosed
	}
	var errs []error
	for _, sh := range s.shards {
		errs = append(errs, sh.failure())
	}
	return errors.Join(errs...)
}

// Stats implements store.Store.
func (s *Store) Stats() store.Stats {
	sum := store.Stats{NoSpace: s.noSpace.Load(), GroupSize: s.groupSize, SyncTime: s.syncTime}
	for _, sh := range s.shards {
		f := sh.figures()
		sum.Streams += sh.count.Load()
		sum.Commits += sh.commits.Load()
		sum.MemoryBytes += sh.held.Load()
		sum.Syncs += f.Syncs
		sum.Shards = append(sum.Shards, f)
	}
	return sum
}

// Close implements store.Store.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() { err = s.close() })
	return err
}

// close stops taking changes, settles those that are staged, and ends.
func (s *Store) close() error {
	s.closed.Store(true)
	s.backups.Shut()
	for _, sh := range s.shards {
		sh.queue.Close()
	}
	// What settles in one shard may leave a count of references to be written in
	// another; that leaves nothing further.
	for range 2 {
		for _, sh := range s.shards {
			sh.settle(true)
		}
	}
	for _, sh := range s.shards {
		sh.stop()
	}
	return s.closeFiles()
}

// closeFiles closes what is open and gives the directory back.
func (s *Store) closeFiles() error {
	var errs []error
	for _, sh := range s.shards {
		if sh != nil {
			errs = append(errs, sh.close())
		}
	}
	errs = append(errs, s.lock.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close acid store: %w", err)
	}
	return nil
}
