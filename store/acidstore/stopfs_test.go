package acidstore_test

import (
	"errors"
	"io/fs"
	"sync/atomic"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// stopFS is a file system of which the n-th operation fails.
type stopFS struct {
	vfs.FS
	n    int64
	how  stop
	done atomic.Int64 // operations so far
}

// reached reports whether there were enough operations for one to fail.
func (f *stopFS) reached() bool { return f.done.Load() >= f.n }

// stop is a way in which an operation fails.
type stop string

const (
	stopOnce  stop = "fails once"
	stopDone  stop = "fails once and is done all the same"
	stopDying stop = "is not done, and nothing after it, as when the process is killed"
)

var errStopped = errors.New("stopped")

// do does an operation, or not.
func (f *stopFS) do(op func() error) error {
	switch i := f.done.Add(1); {
	case i < f.n, i > f.n && f.how != stopDying:
		return op()
	case f.how == stopDone:
		_ = op()
		return errStopped
	default:
		return errStopped
	}
}

func (f *stopFS) OpenWrite(name string) (file vfs.File, err error) {
	err = f.do(func() (err error) { file, err = f.FS.OpenWrite(name); return err })
	if err != nil && file != nil {
		file.Close()
	}
	return stopFile{file, f}, err
}

func (f *stopFS) Remove(name string) error {
	return f.do(func() error { return f.FS.Remove(name) })
}

func (f *stopFS) Rename(from, to string) error {
	return f.do(func() error { return f.FS.Rename(from, to) })
}

func (f *stopFS) MkdirAll(name string) error {
	return f.do(func() error { return f.FS.MkdirAll(name) })
}

func (f *stopFS) SyncDir(name string) error {
	return f.do(func() error { return f.FS.SyncDir(name) })
}

func (f *stopFS) List(dir string) (names []string, err error) {
	err = f.do(func() (err error) { names, err = f.FS.List(dir); return err })
	return names, err
}

func (f *stopFS) Stat(name string) (info fs.FileInfo, err error) {
	err = f.do(func() (err error) { info, err = f.FS.Stat(name); return err })
	return info, err
}

type stopFile struct {
	vfs.File
	fs *stopFS
}

func (f stopFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.fs.do(func() (err error) { n, err = f.File.WriteAt(p, off); return err })
	return n, err
}

func (f stopFile) Sync() error { return f.fs.do(f.File.Sync) }
