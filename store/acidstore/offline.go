package acidstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// ErrNoStore: the data directory holds no acid store.
var ErrNoStore = errors.New("it holds no streams of mode acid")

// OfflineOptions tune Reshard and Compact. Nil means the defaults.
type OfflineOptions struct {
	// Log receives what is repaired and what is done. Default: nothing.
	Log *zerolog.Logger
	// Progress is told how much is done: streams by Reshard, bytes of files by
	// Compact. The goroutine that called those calls it, a few times a second.
	// Default: nobody is told.
	Progress func(done, total int64)
}

// pace is how much is done at a time.
type pace struct {
	bytes int           // in the transactions that are open at once, about
	tell  time.Duration // from one report of progress to the next, at least
}

func usualPace() pace { return pace{bytes: 8 << 20, tell: 250 * time.Millisecond} }

// offline is the work on a store that nobody else has open.
//
// New files are made in the building folder. They count for nothing before they
// are complete, verified and synced, and a rename puts them in their place:
// whenever the work is cut short, the store is what it was or what it should be.
type offline struct {
	dir  string
	fs   vfs.FS
	log  zerolog.Logger
	pace pace
	told progress
	lock io.Closer

	now   generation   // the one that counts
	older []generation // left by a reshard that was cut short
}

// newOffline takes the lock of a data directory and looks for the store in it.
func newOffline(dir string, fsys vfs.FS, p pace, o *OfflineOptions) (*offline, error) {
	w := &offline{dir: dir, fs: fsys, log: zerolog.Nop(), pace: p}
	if o != nil && o.Log != nil {
		w.log = *o.Log
	}
	if o != nil && o.Progress != nil {
		w.told = progress{to: o.Progress, every: p.tell}
	}
	// A directory of something else is left without even a lock file.
	if _, err := fsys.Stat(root); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoStore
	} else if err != nil {
		return nil, fmt.Errorf("look for %s: %w", root, err)
	}
	lock, err := lockDir(dir, fsys)
	if err != nil {
		return nil, err
	}
	w.lock = lock
	found := false
	if w.now, w.older, found, err = current(fsys); err == nil && !found {
		err = ErrNoStore
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return w, nil
}

// settle brings what is stored to rest by an ordinary start and end: the journals
// are empty then and the counts right. It returns a store without its shards
// open, for the files to be read through.
func (w *offline) settle() (*Store, error) {
	s, err := open(w.dir, locked{w.fs}, &Options{Shards: w.now.shards, Log: &w.log})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return &Store{dir: w.dir, fs: w.fs, log: w.log, lock: unlocked{}}, nil
}

// locked is a file system of which the one who asks has the lock already.
type locked struct{ vfs.FS }

// Lock implements vfs.FS.
func (locked) Lock(string) (io.Closer, error) { return unlocked{}, nil }

// unlocked is the lock of what is done under another lock.
type unlocked struct{}

// Close implements io.Closer.
func (unlocked) Close() error { return nil }

// removeOlder removes the generations that do not count any more. The rename that
// ended them must not be taken back when they are gone.
func (w *offline) removeOlder(older []generation) error {
	if err := w.fs.SyncDir(root); err != nil {
		return fmt.Errorf("sync %s: %w", root, err)
	}
	for _, g := range older {
		if err := removeDir(w.fs, g.dir()); err != nil {
			return err
		}
		w.log.Debug().Str("folder", g.dir()).Msg("removed the shards of before")
	}
	return nil
}

// end clears away what was not finished, unless there is no telling any more, and
// gives the directory back.
func (w *offline) end(err error) error {
	return errors.Join(err, removeDir(w.fs, building), w.lock.Close())
}

// progress passes on how far the work is.
type progress struct {
	to    func(done, total int64) // or nil
	every time.Duration
	total int64
	last  time.Time
}

// at says how much is done. Most of the time that goes no further.
func (p *progress) at(done int64) {
	now := time.Now()
	if p.to == nil || now.Sub(p.last) < p.every {
		return
	}
	p.last = now
	p.to(min(done, p.total), p.total)
}

// cut is the error of work that its caller has ended, or nil.
func cut(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cut short: %w", err)
	}
	return nil
}
