package backup

import (
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// syncingAtOnce is how many files wait for the disk at a time. A file system
// settles them together.
const syncingAtOnce = 16

// tree writes the files below one folder. One goroutine uses it.
type tree struct {
	fs      vfs.FS
	dir     string
	folders map[string]bool // that are there, and to be synced
	syncs   errgroup.Group
	buf     []byte
}

// newTree makes the folder dir of fsys for the files of a tree.
func newTree(fsys vfs.FS, dir string) (*tree, error) {
	t := &tree{fs: fsys, dir: dir, folders: make(map[string]bool), buf: make([]byte, copyBytes)}
	t.syncs.SetLimit(syncingAtOnce)
	return t, t.make(dir)
}

// folder makes a folder of the tree.
func (t *tree) folder(name string) error { return t.make(path.Join(t.dir, name)) }

// make makes a folder, which is that of the tree or below it, and its parents.
func (t *tree) make(name string) error {
	if t.folders[name] {
		return nil
	}
	if name != t.dir {
		if err := t.make(path.Dir(name)); err != nil {
			return err
		}
	}
	if err := t.fs.MkdirAll(name); err != nil {
		return fmt.Errorf("make folder %s: %w", name, err)
	}
	t.folders[name] = true
	return nil
}

// write makes a file of content and returns its checksum and length. The file is
// durable, but for its name, when finish has returned.
func (t *tree) write(name string, content io.Reader) (sum [sha256.Size]byte, size int64, err error) {
	name = path.Join(t.dir, name)
	if err := t.make(path.Dir(name)); err != nil {
		return sum, 0, err
	}
	if _, err := t.fs.Stat(name); err == nil {
		return sum, 0, fmt.Errorf("make %s: it is there already", name)
	}
	f, err := t.fs.Create(name)
	if err != nil {
		return sum, 0, fmt.Errorf("make %s: %w", name, err)
	}
	h := sha256.New()
	size, err = io.CopyBuffer(io.MultiWriter(&appender{f: f}, h), content, t.buf)
	if err != nil {
		f.Close()
		return sum, size, fmt.Errorf("write %s: %w", name, err)
	}
	t.syncs.Go(func() error {
		defer f.Close() // synced: nothing is left that closing could lose
		if err := f.Sync(); err != nil {
			return fmt.Errorf("sync %s: %w", name, err)
		}
		return nil
	})
	return [sha256.Size]byte(h.Sum(nil)), size, nil
}

// appender writes a file from its beginning on.
type appender struct {
	f  io.WriterAt
	at int64
}

// Write implements io.Writer.
func (a *appender) Write(p []byte) (int, error) {
	n, err := a.f.WriteAt(p, a.at)
	a.at += int64(n)
	return n, err
}

// finish returns when all files and folders are durable, but for the name of the
// tree's own folder.
func (t *tree) finish() error {
	if err := t.wait(); err != nil {
		return err
	}
	var names []string
	for name := range t.folders {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range slices.Backward(names) { // what is in a folder before its name
		if err := t.fs.SyncDir(name); err != nil {
			return fmt.Errorf("sync folder %s: %w", name, err)
		}
	}
	return nil
}

// wait returns when no file is open any more.
func (t *tree) wait() error { return t.syncs.Wait() }
