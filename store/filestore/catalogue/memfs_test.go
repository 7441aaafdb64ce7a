package catalogue_test

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// memFS is a file system in memory that knows what a power failure would leave
// and that fails on command.
type memFS struct {
	// hook, when set, is asked before every operation, outside mu.
	hook func(op, name string) fault

	mu          sync.Mutex
	names       map[string]*inode // what a reader finds
	durable     map[string]*inode // what a power failure leaves
	dirs        map[string]bool   // true when durable
	descriptors int
	bytesRead   int64
}

// inode is a file's bytes, guarded by memFS.mu.
type inode struct{ data, synced []byte }

// fault makes an operation fail. An applied one fails after it had its effect;
// an applied write has half of it.
type fault struct {
	err     error
	applied bool
}

var _ vfs.FS = (*memFS)(nil)

func newMemFS() *memFS {
	return &memFS{names: map[string]*inode{}, durable: map[string]*inode{}, dirs: map[string]bool{".": true}}
}

// do runs one operation, under mu, unless the hook lets it fail.
func (m *memFS) do(op, name string, apply func() error) error {
	var f fault
	if m.hook != nil {
		f = m.hook(op, name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f.err == nil {
		return apply()
	}
	if f.applied {
		_ = apply()
	}
	return f.err
}

// afterCrash returns what is left when keep decides, for every change that was
// not made durable, whether it reached the disk all the same.
func (m *memFS) afterCrash(keep func() bool) *memFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := newMemFS()
	for dir, durable := range m.dirs {
		if durable || keep() {
			out.dirs[dir] = true
		}
	}
	copies := map[*inode]*inode{}
	for _, name := range m.allNames() {
		node := m.names[name]
		if durable := m.durable[name]; durable != node && !keep() {
			node = durable
		}
		if node == nil || !out.reachable(name) {
			continue
		}
		if copies[node] == nil {
			data := node.synced
			if keep() {
				data = node.data
			}
			copies[node] = &inode{slices.Clone(data), slices.Clone(data)}
		}
		out.names[name], out.durable[name] = copies[node], copies[node]
	}
	return out
}

// allNames is sorted, so that a seeded keep decides the same way every time.
func (m *memFS) allNames() []string {
	var all []string
	for name := range m.names {
		all = append(all, name)
	}
	for name := range m.durable {
		all = append(all, name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (m *memFS) reachable(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if !m.dirs[dir] {
			return false
		}
	}
	return true
}

func (m *memFS) Create(name string) (vfs.File, error) {
	return m.open("create", name, func() *inode {
		if m.names[name] == nil {
			m.names[name] = &inode{}
		}
		m.names[name].data = nil
		return m.names[name]
	})
}

func (m *memFS) OpenWrite(name string) (vfs.File, error) { return m.Create(name) }

func (m *memFS) Open(name string) (vfs.File, error) {
	return m.open("open", name, func() *inode { return m.names[name] })
}

func (m *memFS) open(op, name string, find func() *inode) (vfs.File, error) {
	f := &memFile{fs: m, name: name}
	err := m.do(op, name, func() error {
		if f.node = find(); f.node == nil {
			return fs.ErrNotExist
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.descriptors++
	return f, nil
}

func (m *memFS) Remove(name string) error {
	return m.do("remove", name, func() error {
		if m.names[name] == nil {
			return fs.ErrNotExist
		}
		delete(m.names, name)
		return nil
	})
}

func (m *memFS) Rename(oldName, newName string) error {
	return m.do("rename", oldName, func() error {
		m.names[newName] = m.names[oldName]
		delete(m.names, oldName)
		return nil
	})
}

func (m *memFS) MkdirAll(name string) error {
	return m.do("mkdir", name, func() error {
		for ; name != "."; name = path.Dir(name) {
			if _, there := m.dirs[name]; !there {
				m.dirs[name] = false
			}
		}
		return nil
	})
}

func (m *memFS) List(dir string) ([]string, error) {
	var names []string
	err := m.do("list", dir, func() error {
		for _, name := range m.allNames() {
			if path.Dir(name) == dir && m.names[name] != nil {
				names = append(names, path.Base(name))
			}
		}
		return nil
	})
	return names, err
}

func (m *memFS) SyncDir(dir string) error {
	return m.do("syncdir", dir, func() error {
		for _, name := range m.allNames() {
			if path.Dir(name) != dir {
				continue
			}
			if m.durable[name] = m.names[name]; m.durable[name] == nil {
				delete(m.durable, name)
			}
		}
		for sub := range m.dirs {
			if path.Dir(sub) == dir {
				m.dirs[sub] = true
			}
		}
		return nil
	})
}

func (m *memFS) Stat(string) (fs.FileInfo, error) { return nil, fs.ErrInvalid }
func (m *memFS) Lock(string) (io.Closer, error)   { return nil, fs.ErrInvalid }

// files returns the names in dir without asking the hook.
func (m *memFS) files(dir string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for _, name := range m.allNames() {
		if path.Dir(name) == dir && m.names[name] != nil {
			names = append(names, path.Base(name))
		}
	}
	return strings.Join(names, " ")
}

// memFile is an open inode; the catalogue uses no file position.
type memFile struct {
	fs   *memFS
	name string
	node *inode
	vfs.File
}

func (f *memFile) ReadAt(b []byte, off int64) (n int, err error) {
	err = f.fs.do("read", f.name, func() error {
		if off < int64(len(f.node.data)) {
			n = copy(b, f.node.data[off:])
		}
		f.fs.bytesRead += int64(n)
		if n < len(b) {
			return io.EOF
		}
		return nil
	})
	return n, err
}

func (f *memFile) WriteAt(b []byte, off int64) (int, error) {
	half := true
	err := f.fs.do("write", f.name, func() error {
		f.node.data = append(f.node.data[:off], b...)
		half = false
		return nil
	})
	if err == nil {
		return len(b), nil
	}
	if !half {
		f.fs.mu.Lock()
		defer f.fs.mu.Unlock()
		f.node.data = f.node.data[:off+int64(len(b)/2)]
	}
	return len(b) / 2, err
}

func (f *memFile) Sync() error {
	return f.fs.do("sync", f.name, func() error {
		f.node.synced = slices.Clone(f.node.data)
		return nil
	})
}

func (f *memFile) Size() (size int64, err error) {
	err = f.fs.do("size", f.name, func() error {
		size = int64(len(f.node.data))
		return nil
	})
	return size, err
}

// Close gives back the descriptor even when it fails, as the system does.
func (f *memFile) Close() error {
	f.fs.mu.Lock()
	f.fs.descriptors--
	f.fs.mu.Unlock()
	return f.fs.do("close", f.name, func() error { return nil })
}
