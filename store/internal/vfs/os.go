package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"golang.org/x/sys/unix"
)

// ErrLocked says that another owner holds the lock asked for.
var ErrLocked = errors.New("locked by another process")

// OS returns the FS of the real directory dir, which must exist.
func OS(dir string) FS { return osFS(dir) }

type osFS string

var _ FS = osFS("")

func (d osFS) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

func (d osFS) Create(name string) (File, error) {
	return wrap(os.OpenFile(d.path(name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640))
}

func (d osFS) OpenWrite(name string) (File, error) {
	return wrap(os.OpenFile(d.path(name), os.O_RDWR|os.O_CREATE, 0o640))
}

func (d osFS) Open(name string) (File, error) { return wrap(os.Open(d.path(name))) }

func (d osFS) Remove(name string) error { return os.Remove(d.path(name)) }

func (d osFS) Rename(oldName, newName string) error {
	return os.Rename(d.path(oldName), d.path(newName))
}

func (d osFS) MkdirAll(name string) error { return os.MkdirAll(d.path(name), 0o750) }

func (d osFS) Stat(name string) (fs.FileInfo, error) { return os.Stat(d.path(name)) }

func (d osFS) List(dir string) ([]string, error) {
	f, err := os.Open(d.path(dir))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	sort.Strings(names)
	return names, err
}

func (d osFS) SyncDir(dir string) error {
	f, err := os.Open(d.path(dir))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (d osFS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(d.path(name), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return f, nil
}

func wrap(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// osFile is exported through File; OSFile gives the sendfile path its *os.File.
type osFile struct{ *os.File }

// Sync uses fdatasync: the size is metadata needed to read the data back, so it
// is synced too; times are not.
func (f osFile) Sync() error { return fdatasync(int(f.Fd())) }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// OSFile returns the *os.File below f, or nil when f is not one. Handing an
// *os.File to net/http lets the kernel move its bytes to the socket.
func OSFile(f File) *os.File {
	if o, ok := f.(osFile); ok {
		return o.File
	}
	return nil
}
