package backup_test

import (
	"errors"
	"io"
	"path"
	"sync"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// fastFS is a real folder whose syncs are only noted, and whose process can be
// killed before any call that changes something.
type fastFS struct {
	vfs.FS

	mu    sync.Mutex
	calls int
	kill  int             // the call that is not made any more, nor those behind it; 0: none
	dirty map[string]bool // files and folders that were changed and not synced
}

var errKilled = errors.New("killed")

func newFastFS(dir string) *fastFS {
	return &fastFS{FS: vfs.OS(dir), dirty: make(map[string]bool)}
}

// do makes a call that changes the named files and folders.
func (f *fastFS) do(call func() error, changed ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.kill > 0 && f.calls >= f.kill {
		return errKilled
	}
	for _, name := range changed {
		f.dirty[name] = true
	}
	return call()
}

// sync notes that a file or folder is durable.
func (f *fastFS) sync(name string) error {
	return f.do(func() error { delete(f.dirty, name); return nil })
}

// unsynced returns what is not durable, but for one folder.
func (f *fastFS) unsynced(but string) (names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.dirty {
		if name != but {
			names = append(names, name)
		}
	}
	return names
}

func (f *fastFS) Create(name string) (file vfs.File, err error) {
	err = f.do(func() error { file, err = f.FS.Create(name); return err }, name, path.Dir(name))
	return fastFile{file, f, name}, err
}

func (f *fastFS) Remove(name string) error {
	return f.do(func() error {
		delete(f.dirty, name)
		return f.FS.Remove(name)
	}, path.Dir(name))
}

func (f *fastFS) Rename(from, to string) error {
	return f.do(func() error { return f.FS.Rename(from, to) }, path.Dir(from), path.Dir(to))
}

func (f *fastFS) MkdirAll(name string) error {
	return f.do(func() error { return f.FS.MkdirAll(name) }, path.Dir(name))
}

func (f *fastFS) SyncDir(name string) error { return f.sync(name) }

// Lock implements vfs.FS without one: what a killed process had locked is free.
func (f *fastFS) Lock(name string) (io.Closer, error) {
	file, err := f.Create(name)
	if err != nil {
		return nil, err
	}
	return file, f.sync(name)
}

type fastFile struct {
	vfs.File
	fs   *fastFS
	name string
}

func (f fastFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.fs.do(func() error { n, err = f.File.WriteAt(p, off); return err }, f.name)
	return n, err
}

func (f fastFile) Sync() error { return f.fs.sync(f.name) }
