// Package filestore is the tier that keeps streams in files. Start with Open;
// FORMAT.md beside this file describes what is on the disk.
//
// A change goes into a write-ahead log that all streams share, and has settled
// when it is there: in the kernel's hands in one mode, synced in the other. Its
// bytes stay in memory until a checkpoint writes them to the stream's own data
// file, in large pieces, and what else is known of the stream to the catalogue.
// Then the log is cut. After a crash the log is replayed on top of the last
// checkpoint.
//
// Bytes that are not what was written are never served: reads of them fail with a
// *store.CorruptionError. Scrub looks for them in an open store, Check in one that
// is not.
//
// Four goroutines' worth of work share a Store: callers stage changes; the
// committer, or where nothing is synced a caller that helps it, settles them, many
// with one write and one sync; the checkpointer moves settled changes out of the
// log; readers read. Locks are taken in the order committer.turn, committer.owner,
// Store.mu, handle.mu, queue.mu; checkpointer.mu comes after Store.mu.
package filestore

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/duequeue"
	"github.com/weirstreams/weir/store/internal/gate"
	"github.com/weirstreams/weir/store/internal/queue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Options tune a Store. Fields that are zero have the stated defaults.
type Options struct {
	// Sync makes a change settle only when it is synced to the disk. Without it
	// a change has settled when the kernel has it: it survives the end of the
	// process, but not of the machine.
	Sync bool
	// MaxMemoryBytes is how much memory the bytes of streams that no checkpoint
	// has written yet may take. Beyond it changes wait for a checkpoint. Default
	// 100 MiB.
	MaxMemoryBytes int64
	// CheckpointLogBytes is how large the log may grow before a checkpoint.
	// Default 128 MiB.
	CheckpointLogBytes int64
	// CheckpointInterval is how long a settled change stays in the log, and its
	// stream in memory, at most. Default 1 minute.
	CheckpointInterval time.Duration
	// SegmentBytes is the size at which a file of the log is full. Default 64 MiB.
	SegmentBytes int64
	// ZeroAheadBytes is how far the log is filled with zeros before it is
	// written, when every write is synced: it halves the time of a sync. Default
	// 256 KiB.
	ZeroAheadBytes int
	// Log receives what background work does and meets. Default: nothing.
	Log *zerolog.Logger
}

const (
	defaultMemory    = 100 << 20
	defaultLogBytes  = 128 << 20
	defaultInterval  = time.Minute
	defaultSegment   = 64 << 20
	defaultZeroAhead = 256 << 10
	walDir           = "file/wal"
	catalogueDir     = "file/catalogue"
	dataDir          = "file/data"
	lostDir          = "file/lost"
	lockFile         = "LOCK"
)

// Store is the file tier.
type Store struct {
	fs   vfs.FS
	opts Options
	log  zerolog.Logger
	lock io.Closer

	cat     *catalogue.Catalogue
	storeID [16]byte

	queue       *queue.Queue[entry]
	committer   committer
	checkpoints checkpointer
	backups     gate.Gate

	nextID  atomic.Uint64 // the identity given last
	held    atomic.Int64  // memory of all buffers
	count   atomic.Int64  // streams that exist
	commits atomic.Int64
	broken  atomic.Pointer[error] // why no change is taken any more
	closed  atomic.Bool           // Close has begun

	mu sync.Mutex // guards what follows
	// live holds the streams in memory: those that are open, and those with
	// changes that no checkpoint has written.
	live map[string]*handle
	// hidden holds, by name, the streams that were deleted since the last
	// checkpoint and that the catalogue still has.
	hidden map[string]*handle
	// written counts the checkpoints: what was read from the catalogue under an
	// earlier count may be out of date.
	written uint64
	// dirty holds what the next checkpoint has to write: the streams whose dirty
	// field is set.
	dirty []*handle
	// due orders the dirty streams by their time; for the others the catalogue
	// does.
	due duequeue.Queue

	closing sync.Once
	closeIt func() error
}

var _ store.Store = (*Store)(nil)

// Open opens the store in the directory dir, makes one when the directory is
// empty, and replays what a crash has left. The directory must exist. Another
// process that has it open makes it fail with an error that says so.
func Open(dir string, o *Options) (*Store, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	return OpenFS(vfs.OS(dir), o)
}

// OpenFS is Open on any file system.
func OpenFS(fsys vfs.FS, o *Options) (*Store, error) {
	s := &Store{
		fs: fsys, opts: withDefaults(o), log: zerolog.Nop(),
		live:   make(map[string]*handle),
		hidden: make(map[string]*handle),
	}
	if o != nil && o.Log != nil {
		s.log = *o.Log
	}
	s.closeIt = s.close
	lock, err := fsys.Lock(lockFile)
	if errors.Is(err, vfs.ErrLocked) {
		return nil, fmt.Errorf("%w: %w", store.ErrInUse, err)
	}
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	s.lock = lock
	if err := s.open(); err != nil {
		s.lock.Close()
		return nil, err
	}
	return s, nil
}

func withDefaults(o *Options) Options {
	var out Options
	if o != nil {
		out = *o
	}
	if out.MaxMemoryBytes <= 0 {
		out.MaxMemoryBytes = defaultMemory
	}
	if out.CheckpointLogBytes <= 0 {
		out.CheckpointLogBytes = defaultLogBytes
	}
	if out.CheckpointInterval <= 0 {
		out.CheckpointInterval = defaultInterval
	}
	if out.SegmentBytes <= 0 {
		out.SegmentBytes = defaultSegment
	}
	if out.ZeroAheadBytes <= 0 {
		out.ZeroAheadBytes = defaultZeroAhead
	}
	return out
}

// open brings the parts up: catalogue, log, goroutines.
func (s *Store) open() (err error) {
	if s.cat, err = catalogue.Open(s.fs, catalogueDir, nil); err != nil {
		return s.refused(fmt.Errorf("open catalogue: %w", err))
	}
	defer func() {
		if err != nil {
			err = s.refused(err) // which asks the catalogue
			s.cat.Close()
		}
	}()
	r, err := s.loadRoot()
	if err != nil {
		return err
	}
	s.storeID = r.storeID
	s.nextID.Store(r.lastID)
	s.count.Store(r.streams)
	s.checkpoints.init(s, r)
	log, err := s.replay(r)
	if err != nil {
		return err
	}
	if err := s.checkpoints.begin(); err != nil {
		log.Close()
		return err
	}
	s.clearKept()
	s.queue = queue.New[entry]()
	s.committer.start(s, log)
	s.checkpoints.start()
	return nil
}

// loadRoot reads where the last checkpoint ended, or begins a new store.
func (s *Store) loadRoot() (root, error) {
	if b := s.cat.Root(); b != nil {
		r, err := decodeRoot(b)
		if err != nil {
			return r, fmt.Errorf("read catalogue root: %w", err)
		}
		return r, s.checkFolders(r)
	}
	if err := s.refuseOrphans(); err != nil {
		return root{}, err
	}
	if err := s.fs.MkdirAll(dataDir); err != nil {
		return root{}, fmt.Errorf("make data folder: %w", err)
	}
	for _, dir := range []string{"file", "."} {
		if err := s.fs.SyncDir(dir); err != nil {
			return root{}, fmt.Errorf("make data folder: %w", err)
		}
	}
	r := root{walStart: 1}
	rand.Read(r.storeID[:])
	if err := s.cat.Commit(nil, r.encode()); err != nil {
		return r, fmt.Errorf("begin catalogue: %w", err)
	}
	return r, nil
}

// refuseOrphans keeps a new store from writing over the streams of one whose
// catalogue is gone.
func (s *Store) refuseOrphans() error {
	names, err := s.fs.List(dataDir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(names) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into %s: %w", dataDir, err)
	}
	return fmt.Errorf("the folder %s holds streams but %s is missing or empty; "+
		"mount it, or restore the whole data directory from a backup", dataDir, catalogueDir)
}

// checkFolders refuses a store of which a part is gone: an unmounted or lost
// folder must not pass for an empty one.
func (s *Store) checkFolders(r root) error {
	dirs := []string{dataDir}
	if r.begun {
		dirs = append(dirs, walDir)
	}
	for _, dir := range dirs {
		if names, err := s.fs.List(dir); errors.Is(err, fs.ErrNotExist) || err == nil && dir == walDir && len(names) == 0 {
			return fmt.Errorf("the folder %s is missing or empty although the catalogue needs it; "+
				"mount it, or restore the whole data directory from a backup", dir)
		} else if err != nil {
			return fmt.Errorf("look into %s: %w", dir, err)
		}
	}
	return nil
}

// fail turns the store read-only: what the disk holds is no longer known.
func (s *Store) fail(cause error) {
	err := fmt.Errorf("%w: %w", store.ErrReadOnly, cause)
	if s.broken.CompareAndSwap(nil, &err) {
		s.log.Error().Err(cause).Msg("storage is read-only; restart the server once the disk is well")
	}
}

// Health implements store.Store.
func (s *Store) Health() error {
	if s.closed.Load() {
		return store.ErrClosed
	}
	return s.failure()
}

// failure returns why the store is read-only, or nil.
func (s *Store) failure() error {
	if err := s.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// Close implements store.Store.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() { err = s.closeIt() })
	return err
}

// close stops taking changes, settles those that are staged, writes a last
// checkpoint so that the next start has nothing to replay, and ends.
func (s *Store) close() error {
	s.closed.Store(true)
	s.backups.Shut()
	s.queue.Close()
	s.committer.settle()
	s.checkpoints.stop()
	var errs []error
	if s.failure() == nil {
		errs = append(errs, s.checkpoints.run())
	}
	errs = append(errs, s.committer.stop(), s.cat.Close(), s.lock.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close file store: %w", err)
	}
	return nil
}
