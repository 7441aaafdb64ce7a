package filestore_test

import (
	"errors"
	"slices"
	"sync/atomic"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// hookFS asks a hook before every operation on the file system below it.
type hookFS struct {
	vfs.FS
	hook atomic.Pointer[hook]
}

// hook is given the kind of an operation and its file, and may wait, or let it
// fail. An operation that fails is not done, but for a write with errTorn, of
// which half is.
type hook func(op, name string) error

var (
	errTorn   = errors.New("torn")
	errKilled = errors.New("killed")
)

// changing are the operations that leave a trace on the disk.
var changing = []string{"create", "openwrite", "remove", "rename", "mkdir", "syncdir", "write", "truncate", "sync"}

func changes(op string) bool { return slices.Contains(changing, op) }

func (f *hookFS) set(h hook) { f.hook.Store(&h) }
func (f *hookFS) unset()     { f.hook.Store(nil) }

// kill lets no operation change anything any more, as when the process is gone.
func (f *hookFS) kill() {
	f.set(func(op, _ string) error {
		if changes(op) {
			return errKilled
		}
		return nil
	})
}

func (f *hookFS) ask(op, name string) error {
	if h := f.hook.Load(); h != nil {
		return (*h)(op, name)
	}
	return nil
}

func (f *hookFS) open(op, name string, open func(string) (vfs.File, error)) (vfs.File, error) {
	if err := f.ask(op, name); err != nil {
		return nil, err
	}
	file, err := open(name)
	if err != nil {
		return nil, err
	}
	return &hookFile{File: file, fs: f, name: name}, nil
}

func (f *hookFS) Create(name string) (vfs.File, error) { return f.open("create", name, f.FS.Create) }
func (f *hookFS) Open(name string) (vfs.File, error)   { return f.open("open", name, f.FS.Open) }
func (f *hookFS) OpenWrite(name string) (vfs.File, error) {
	return f.open("openwrite", name, f.FS.OpenWrite)
}

func (f *hookFS) Remove(name string) error {
	if err := f.ask("remove", name); err != nil {
		return err
	}
	return f.FS.Remove(name)
}

func (f *hookFS) Rename(oldName, newName string) error {
	if err := f.ask("rename", oldName); err != nil {
		return err
	}
	return f.FS.Rename(oldName, newName)
}

func (f *hookFS) MkdirAll(name string) error {
	if err := f.ask("mkdir", name); err != nil {
		return err
	}
	return f.FS.MkdirAll(name)
}

func (f *hookFS) SyncDir(dir string) error {
	if err := f.ask("syncdir", dir); err != nil {
		return err
	}
	return f.FS.SyncDir(dir)
}

type hookFile struct {
	vfs.File
	fs   *hookFS
	name string
}

func (f *hookFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.ask("read", f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *hookFile) Read(p []byte) (int, error) {
	if err := f.fs.ask("read", f.name); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *hookFile) WriteAt(p []byte, off int64) (int, error) {
	err := f.fs.ask("write", f.name)
	if err == nil {
		return f.File.WriteAt(p, off)
	}
	if !errors.Is(err, errTorn) {
		return 0, err
	}
	n, _ := f.File.WriteAt(p[:len(p)/2], off)
	return n, err
}

func (f *hookFile) Truncate(size int64) error {
	if err := f.fs.ask("truncate", f.name); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *hookFile) Sync() error {
	if err := f.fs.ask("sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}
