package acidstore_test

import (
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// growFS is a file system with a word in the growth of shard files: before each
// write and each sync of it the hook is asked.
type growFS struct {
	vfs.FS
	hook atomic.Pointer[growHook]
}

// growHook is given "write" or "sync" and the file, and may let that fail.
type growHook func(op, name string) error

// openGrow opens a store whose files' growth can be watched.
func openGrow(t *testing.T, dir string, shards int) (*acidstore.Store, *growFS) {
	t.Helper()
	fs := &growFS{FS: vfs.OS(dir)}
	s, err := acidstore.OpenFS(dir, fs, &acidstore.Options{Shards: shards})
	if err != nil {
		t.Fatalf("open with %d shards: %v", shards, err)
	}
	return s, fs
}

func (fs *growFS) set(hook growHook) { fs.hook.Store(&hook) }
func (fs *growFS) unset()            { fs.hook.Store(nil) }

func (fs *growFS) ask(op, name string) error {
	if hook := fs.hook.Load(); hook != nil {
		return (*hook)(op, name)
	}
	return nil
}

func (fs *growFS) OpenWrite(name string) (vfs.File, error) {
	f, err := fs.FS.OpenWrite(name)
	return growFile{f, fs, name}, err
}

type growFile struct {
	vfs.File
	fs   *growFS
	name string
}

func (f growFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fs.ask("write", f.name); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f growFile) Sync() error {
	if err := f.fs.ask("sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}
