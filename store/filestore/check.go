package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Check reads everything that a store which is not open has in the directory dir
// and reports each piece of damage, and as notes what else is found there. It
// holds the directory's lock and changes nothing but the lock's file. What a start
// would bring in from the log is brought in, in memory only.
//
// The error is the context's, store.ErrInUse, or says why the store cannot be
// looked at; damage is no error.
func Check(ctx context.Context, dir string, o store.ScrubOptions) error {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("open data directory: %w", err)
	}
	return CheckFS(ctx, vfs.OS(dir), o)
}

// CheckFS is Check on any file system.
func CheckFS(ctx context.Context, fsys vfs.FS, o store.ScrubOptions) error {
	lock, err := fsys.Lock(lockFile)
	if errors.Is(err, vfs.ErrLocked) {
		return fmt.Errorf("%w: %w", store.ErrInUse, err)
	}
	if err != nil {
		return fmt.Errorf("lock data directory: %w", err)
	}
	defer lock.Close()
	c := newChecker(ctx, fsys, o)
	defer c.leave()
	if known, err := c.open(); err != nil || !known {
		return err
	}
	defer c.s.cat.Close()
	for _, step := range []func() error{
		c.replay, c.catalogue, c.data, c.streams, c.indexes, c.files,
	} {
		if err := step(); err != nil {
			return fmt.Errorf("check: %w", err)
		}
	}
	return nil
}

// checker looks at a store that is not open, by way of one that has no goroutines
// and writes nothing.
type checker struct {
	scrubber
	root root
	// forks counts, by the identity of their source, the forks there are less
	// those that the source knows of.
	forks map[uint64]int
	names map[uint64]string // of the sources in forks
	count int64             // of streams
	// logged holds the streams that the log is about. A checkpoint that failed may
	// have written their files.
	logged map[uint64]bool
	// partial is set when something was passed over, so that counts mean nothing.
	partial bool
}

func newChecker(ctx context.Context, fsys vfs.FS, o store.ScrubOptions) *checker {
	s := &Store{
		fs: fsys, opts: withDefaults(nil), log: zerolog.Nop(),
		live:   make(map[string]*handle),
		hidden: make(map[string]*handle),
	}
	return &checker{
		scrubber: scrubber{s: s, ctx: ctx, ScrubOptions: o},
		forks:    make(map[uint64]int), names: make(map[uint64]string), logged: make(map[uint64]bool),
	}
}

// damage reports damage of a whole file or folder.
func (c *checker) damage(file, stream, reason string) {
	c.Report(store.CorruptionError{File: file, Stream: stream, Offset: -1, Reason: reason})
}

func (c *checker) note(file, reason string) {
	c.Report(store.CorruptionError{File: file, Offset: -1, Reason: reason, Note: true})
}

// open opens the catalogue and reads its root. known is false when that cannot be
// done, which has been reported: nothing else makes sense without it.
func (c *checker) open() (known bool, err error) {
	s := c.s
	s.cat, err = catalogue.OpenReadOnly(s.fs, catalogueDir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.refuseOrphans(); err != nil {
			c.damage(catalogueDir, "", "it is missing, although there are streams")
		}
		return false, nil
	}
	if d, damaged := errors.AsType[*store.CorruptionError](inCatalogue(err, "")); damaged {
		c.Report(*d)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b := s.cat.Root()
	if b == nil { // a start that was cut short at once
		return false, s.cat.Close()
	}
	if c.root, err = decodeRoot(b); err != nil {
		s.cat.Close()
		return false, fmt.Errorf("read catalogue root: %w", err)
	}
	s.storeID = c.root.storeID
	s.count.Store(c.root.streams)
	s.checkpoints.init(s, c.root)
	return true, nil
}
