package filestore_test

import (
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// memFS is a file system in memory that knows what a power cut would leave.
type memFS struct {
	mu      sync.Mutex // guards all, the inodes too
	names   map[string]*inode
	durable map[string]*inode // names as a power cut leaves them
	locked  map[string]bool
}

// inode is a file, or a folder when dir is set.
type inode struct {
	dir          bool
	data, synced []byte
}

var _ vfs.FS = (*memFS)(nil)

func newMemFS() *memFS {
	root := map[string]*inode{".": {dir: true}}
	return &memFS{names: root, durable: maps.Clone(root), locked: map[string]bool{}}
}

// powerCut returns what is left. keep decides, for each thing that was not made
// durable, whether it reached the disk all the same.
func (m *memFS) powerCut(keep func() bool) *memFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := newMemFS()
	left := map[*inode]*inode{}
	for _, name := range m.sortedLocked() {
		node := m.names[name]
		if durable := m.durable[name]; durable != node && !keep() {
			node = durable
		}
		if node == nil || out.names[path.Dir(name)] == nil {
			continue
		}
		if left[node] == nil {
			data := node.synced
			if keep() {
				data = node.data
			}
			left[node] = &inode{dir: node.dir, data: slices.Clone(data), synced: slices.Clone(data)}
		}
		out.names[name], out.durable[name] = left[node], left[node]
	}
	return out
}

// sortedLocked returns every name there is or would be, folders before what is
// in them.
func (m *memFS) sortedLocked() []string {
	all := maps.Clone(m.durable)
	maps.Copy(all, m.names)
	return slices.Sorted(maps.Keys(all))
}

func (m *memFS) findLocked(op, name string) (*inode, error) {
	if n := m.names[name]; n != nil {
		return n, nil
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

func (m *memFS) makeLocked(op, name string) (*inode, error) {
	if _, err := m.findLocked(op, path.Dir(name)); err != nil {
		return nil, err
	}
	if m.names[name] == nil {
		m.names[name] = &inode{}
	}
	return m.names[name], nil
}

func (m *memFS) Create(name string) (vfs.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.makeLocked("create", name)
	if err != nil {
		return nil, err
	}
	n.data = nil
	return &memFile{fs: m, node: n}, nil
}

func (m *memFS) OpenWrite(name string) (vfs.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.makeLocked("open", name)
	if err != nil {
		return nil, err
	}
	return &memFile{fs: m, node: n}, nil
}

func (m *memFS) Open(name string) (vfs.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.findLocked("open", name)
	if err != nil {
		return nil, err
	}
	return &memFile{fs: m, node: n}, nil
}

func (m *memFS) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.findLocked("remove", name)
	delete(m.names, name)
	return err
}

func (m *memFS) Rename(oldName, newName string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.findLocked("rename", oldName)
	if err != nil {
		return err
	}
	m.names[newName] = n
	delete(m.names, oldName)
	return nil
}

func (m *memFS) MkdirAll(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for ; m.names[name] == nil; name = path.Dir(name) {
		m.names[name] = &inode{dir: true}
	}
	return nil
}

func (m *memFS) List(dir string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.findLocked("list", dir); err != nil {
		return nil, err
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.names)) {
		if name != "." && path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	return names, nil
}

func (m *memFS) Stat(name string) (fs.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.findLocked("stat", name)
	if err != nil {
		return nil, err
	}
	return memInfo{path.Base(name), int64(len(n.data)), n.dir}, nil
}

func (m *memFS) SyncDir(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.findLocked("sync", dir); err != nil {
		return err
	}
	for _, name := range m.sortedLocked() {
		if path.Dir(name) != dir {
			continue
		}
		if m.durable[name] = m.names[name]; m.durable[name] == nil {
			delete(m.durable, name)
		}
	}
	return nil
}

func (m *memFS) Lock(name string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked[name] {
		return nil, vfs.ErrLocked
	}
	m.locked[name] = true
	return unlock(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.locked, name)
	}), nil
}

type unlock func()

func (u unlock) Close() error { u(); return nil }

type memInfo struct {
	name string
	size int64
	dir  bool
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) Mode() fs.FileMode  { return 0o640 }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }
