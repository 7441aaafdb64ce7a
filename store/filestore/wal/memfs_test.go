package wal_test

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// memFS is a file system in memory that knows what was synced, can fail on
// command, and can crash. One goroutine uses it at a time.
type memFS struct {
	names  map[string]*inode // as the running system sees them
	synced map[string]*inode // as they would be after a power loss
	dirs   map[string]bool
	// fault is asked before every operation; nil means that none fails.
	fault func(op, name string) fault
}

type inode struct {
	data   []byte
	synced []byte
	// before is data as it was before an unsynced cut, which may have reached
	// the disk when the cut has not.
	before []byte
}

// fault is how an operation fails.
type fault int

const (
	noFault fault = iota
	failBefore
	failAfter // the operation is done, and reports an error
	failHalf  // a write stores its first half; else as failBefore
	shortHalf // a write stores its first half and gives no error
)

var errInjected = errors.New("injected failure")

var _ vfs.FS = (*memFS)(nil)

func newMemFS() *memFS {
	return &memFS{names: map[string]*inode{}, synced: map[string]*inode{}, dirs: map[string]bool{".": true}}
}

// do runs an operation under the fault that is due.
func (m *memFS) do(op, name string, apply func() error) error {
	f := noFault
	if m.fault != nil {
		f = m.fault(op, name)
	}
	if f == failBefore || f == failHalf {
		return fmt.Errorf("%s %s: %w", op, name, errInjected)
	}
	if err := apply(); err != nil {
		return err
	}
	if f == failAfter {
		return fmt.Errorf("%s %s: %w", op, name, errInjected)
	}
	return nil
}

func (m *memFS) open(op, name string, create, truncate bool) (f vfs.File, err error) {
	err = m.do(op, name, func() error {
		n, ok := m.names[name]
		if !ok && !create {
			return &iofs.PathError{Op: op, Path: name, Err: iofs.ErrNotExist}
		}
		if !ok {
			n = &inode{}
			m.names[name] = n
		}
		if truncate {
			n.data = nil
		}
		f = &memFile{fs: m, name: name, node: n}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (m *memFS) Create(name string) (vfs.File, error) { return m.open("create", name, true, true) }
func (m *memFS) OpenWrite(name string) (vfs.File, error) {
	return m.open("openwrite", name, true, false)
}
func (m *memFS) Open(name string) (vfs.File, error) { return m.open("open", name, false, false) }

func (m *memFS) Remove(name string) error {
	return m.do("remove", name, func() error {
		if m.names[name] == nil {
			return &iofs.PathError{Op: "remove", Path: name, Err: iofs.ErrNotExist}
		}
		delete(m.names, name)
		return nil
	})
}

func (m *memFS) MkdirAll(name string) error {
	return m.do("mkdir", name, func() error { m.dirs[name] = true; return nil })
}

func (m *memFS) List(dir string) (names []string, err error) {
	err = m.do("list", dir, func() error {
		if !m.dirs[dir] {
			return &iofs.PathError{Op: "list", Path: dir, Err: iofs.ErrNotExist}
		}
		for name := range m.names {
			if path.Dir(name) == dir {
				names = append(names, path.Base(name))
			}
		}
		slices.Sort(names)
		return nil
	})
	return names, err
}

func (m *memFS) Stat(name string) (info iofs.FileInfo, err error) {
	err = m.do("stat", name, func() error {
		n, ok := m.names[name]
		if !ok {
			return &iofs.PathError{Op: "stat", Path: name, Err: iofs.ErrNotExist}
		}
		info = memInfo{path.Base(name), int64(len(n.data))}
		return nil
	})
	return info, err
}

func (m *memFS) SyncDir(dir string) error {
	return m.do("syncdir", dir, func() error { m.synced = maps.Clone(m.names); return nil })
}

func (m *memFS) Rename(string, string) error    { return errors.ErrUnsupported }
func (m *memFS) Lock(string) (io.Closer, error) { return nil, errors.ErrUnsupported }

type memInfo struct {
	name string
	size int64
}

func (i memInfo) Name() string        { return i.name }
func (i memInfo) Size() int64         { return i.size }
func (i memInfo) Mode() iofs.FileMode { return 0o640 }
func (i memInfo) ModTime() time.Time  { return time.Time{} }
func (i memInfo) IsDir() bool         { return false }
func (i memInfo) Sys() any            { return nil }

type memFile struct {
	fs   *memFS
	name string
	node *inode
}

func (f *memFile) ReadAt(p []byte, off int64) (n int, err error) {
	err = f.fs.do("read", f.name, func() error {
		if off < int64(len(f.node.data)) {
			n = copy(p, f.node.data[off:])
		}
		if n < len(p) {
			return io.EOF
		}
		return nil
	})
	if errors.Is(err, errInjected) {
		n = 0
	}
	return n, err
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	if f.fs.fault == nil {
		return f.store(p, off), nil
	}
	switch f.fs.fault("write", f.name) {
	case failBefore:
		return 0, fmt.Errorf("write %s: %w", f.name, errInjected)
	case failHalf:
		return f.store(p[:len(p)/2], off), fmt.Errorf("write %s: %w", f.name, errInjected)
	case shortHalf:
		return f.store(p[:len(p)/2], off), nil
	case failAfter:
		f.store(p, off)
		return 0, fmt.Errorf("write %s: %w", f.name, errInjected)
	}
	return f.store(p, off), nil
}

func (f *memFile) store(p []byte, off int64) int {
	if end := int(off) + len(p); end > len(f.node.data) {
		f.node.resize(end)
	}
	return copy(f.node.data[off:], p)
}

func (n *inode) resize(size int) {
	if grow := size - len(n.data); grow > 0 {
		n.data = append(n.data, make([]byte, grow)...)
	}
	n.data = n.data[:size]
}

func (f *memFile) Truncate(size int64) error {
	return f.fs.do("truncate", f.name, func() error {
		f.node.before = slices.Clone(f.node.data)
		f.node.resize(int(size))
		return nil
	})
}

func (f *memFile) Sync() error {
	return f.fs.do("sync", f.name, func() error {
		f.node.synced, f.node.before = slices.Clone(f.node.data), nil
		return nil
	})
}

func (f *memFile) Size() (int64, error)           { return int64(len(f.node.data)), nil }
func (f *memFile) Close() error                   { return nil }
func (f *memFile) Read([]byte) (int, error)       { return 0, errors.ErrUnsupported }
func (f *memFile) Seek(int64, int) (int64, error) { return 0, errors.ErrUnsupported }
