package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/weirstreams/weir/store/internal/vfs"
)

const lockFile = "LOCK"

// Folder is a folder that is to become a backup. Until it is complete, verified
// and durable it has another name beside its own: with ".partial" at the end.
// One goroutine uses it.
type Folder struct {
	fs            vfs.FS // of the folder that it lies in
	name, partial string
	lock          io.Closer
}

// NewFolder prepares the folder dir, which must not exist or be empty; the one that
// it lies in must exist. What an earlier attempt has left of it is removed. The
// caller closes it.
func NewFolder(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("prepare backup: %w", err)
	}
	return newFolder(vfs.OS(filepath.Dir(dir)), filepath.Base(dir))
}

func newFolder(fsys vfs.FS, name string) (*Folder, error) {
	f := &Folder{fs: fsys, name: name, partial: name + ".partial"}
	if _, err := fsys.Stat("."); err != nil {
		return nil, fmt.Errorf("prepare backup: %w", err)
	}
	names, err := fsys.List(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("prepare backup: %w", err)
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("the folder %s is not empty: want one that does not exist or is empty", name)
	}
	if err := f.begin(); err != nil {
		return nil, fmt.Errorf("prepare backup: %w", err)
	}
	return f, nil
}

// begin takes the partial folder over and empties it.
func (f *Folder) begin() (err error) {
	names, err := f.fs.List(f.partial)
	if errors.Is(err, fs.ErrNotExist) {
		err = f.fs.MkdirAll(f.partial)
	}
	if err != nil {
		return err
	}
	if len(names) > 0 && !slices.Contains(names, lockFile) && !slices.Contains(names, manifestName) {
		return fmt.Errorf("%s is there and no backup has left it: remove it or choose another name", f.partial)
	}
	f.lock, err = f.fs.Lock(f.partial + "/" + lockFile)
	if errors.Is(err, vfs.ErrLocked) {
		return fmt.Errorf("another backup is being written to %s", f.partial)
	}
	if err != nil {
		return err
	}
	if err := empty(f.fs, f.partial, lockFile); err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// Receive reads an archive that Write has made. When it returns no error the
// folder has its name, and all that is in it is durable and was verified.
func (f *Folder) Receive(ctx context.Context, r io.Reader, p Progress) (Manifest, error) {
	t, err := newTree(f.fs, f.partial)
	if err != nil {
		return Manifest{}, err
	}
	u := unpacker{watch: watch{ctx: ctx, progress: p, total: -1}, tree: t}
	m, err := u.unpack(r)
	if err != nil {
		return m, errors.Join(err, t.wait())
	}
	return m, f.publish()
}

// publish gives the folder its name.
func (f *Folder) publish() error {
	if err := f.fs.Remove(f.partial + "/" + lockFile); err != nil {
		return fmt.Errorf("complete backup: %w", err)
	}
	if err := f.fs.SyncDir(f.partial); err != nil {
		return fmt.Errorf("complete backup: %w", err)
	}
	// An empty folder may have the name.
	if err := f.fs.Remove(f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("complete backup: %w", err)
	}
	if err := f.fs.Rename(f.partial, f.name); err != nil {
		return fmt.Errorf("complete backup: %w", err)
	}
	if err := f.fs.SyncDir("."); err != nil {
		return fmt.Errorf("complete backup: sync the folder of %s: %w", f.name, err)
	}
	return nil
}

// Close removes what has not become a backup.
func (f *Folder) Close() error {
	err := empty(f.fs, f.partial, "")
	if err == nil {
		err = f.fs.Remove(f.partial)
	}
	if errors.Is(err, fs.ErrNotExist) { // it has its name
		err = nil
	}
	return errors.Join(err, f.lock.Close())
}

// empty removes all that is in a folder but one file.
func empty(fsys vfs.FS, dir, but string) error {
	names, err := fsys.List(dir)
	if err != nil {
		return fmt.Errorf("look into %s: %w", dir, err)
	}
	for _, name := range names {
		if name == but {
			continue
		}
		path := dir + "/" + name
		info, err := fsys.Stat(path)
		if err == nil && info.IsDir() {
			err = empty(fsys, path, "")
		}
		if err == nil {
			err = fsys.Remove(path)
		}
		if err != nil {
			return fmt.Errorf("remove %s: %w", path, err)
		}
	}
	return nil
}
