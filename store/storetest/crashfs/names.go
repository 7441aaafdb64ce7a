package crashfs

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/weirstreams/weir/store/internal/vfs"
)

func (m *FS) findLocked(op Op, name string) (*inode, error) {
	if n := m.names[name]; n != nil {
		return n, nil
	}
	return nil, failed(op, name, fs.ErrNotExist)
}

// makeLocked returns the file of this name, and whether it had to be made.
func (m *FS) makeLocked(op Op, name string) (n *inode, fresh bool, err error) {
	if _, err := m.findLocked(op, path.Dir(name)); err != nil {
		return nil, false, err
	}
	if n := m.names[name]; n != nil {
		return n, false, nil
	}
	n = m.bindLocked(name, false)
	return n, true, nil
}

func (m *FS) bindLocked(name string, dir bool) *inode {
	n := &inode{id: m.nextID, dir: dir}
	m.nextID++
	m.names[name] = n
	return n
}

func (m *FS) logLocked(r record) { m.log = append(m.log, r) }

func (m *FS) handleLocked(name string, n *inode) *file {
	m.open++
	return &file{fs: m, name: name, node: n}
}

// Create implements vfs.FS.
func (m *FS) Create(name string) (vfs.File, error) {
	return m.openFile(OpCreate, name, func() (*inode, error) {
		n, fresh, err := m.makeLocked(OpCreate, name)
		if err == nil {
			n.resize(0)
			m.logLocked(record{op: OpCreate, name: name, node: n.id, fresh: fresh})
		}
		return n, err
	})
}

// OpenWrite implements vfs.FS.
func (m *FS) OpenWrite(name string) (vfs.File, error) {
	return m.openFile(OpOpenWrite, name, func() (*inode, error) {
		n, fresh, err := m.makeLocked(OpOpenWrite, name)
		if fresh {
			m.logLocked(record{op: OpOpenWrite, name: name, node: n.id, fresh: true})
		}
		return n, err
	})
}

// Open implements vfs.FS.
func (m *FS) Open(name string) (vfs.File, error) {
	return m.openFile(OpOpen, name, func() (*inode, error) { return m.findLocked(OpOpen, name) })
}

func (m *FS) openFile(op Op, name string, find func() (*inode, error)) (vfs.File, error) {
	var f *file
	err := m.do(op, name, func() error {
		n, err := find()
		if err == nil {
			f = m.handleLocked(name, n)
		}
		return err
	})
	if err == nil {
		return f, nil
	}
	if f != nil {
		f.forget() // the caller got an error, and no file to close
	}
	return nil, err
}

// Remove implements vfs.FS.
func (m *FS) Remove(name string) error {
	return m.do(OpRemove, name, func() error {
		n, err := m.findLocked(OpRemove, name)
		if err != nil {
			return err
		}
		delete(m.names, name)
		m.logLocked(record{op: OpRemove, name: name, node: n.id})
		return nil
	})
}

// Rename implements vfs.FS.
func (m *FS) Rename(oldName, newName string) error {
	return m.do(OpRename, oldName, func() error {
		n, err := m.findLocked(OpRename, oldName)
		if err != nil {
			return err
		}
		if _, err := m.findLocked(OpRename, path.Dir(newName)); err != nil {
			return err
		}
		delete(m.names, oldName)
		m.names[newName] = n
		m.logLocked(record{op: OpRename, name: oldName, to: newName, node: n.id})
		return nil
	})
}

// MkdirAll implements vfs.FS. Each folder that it makes is a call of its own in
// the log.
func (m *FS) MkdirAll(name string) error {
	return m.do(OpMkdir, name, func() error {
		var missing []string
		for ; m.names[name] == nil; name = path.Dir(name) {
			missing = append(missing, name)
		}
		for _, dir := range slices.Backward(missing) {
			n := m.bindLocked(dir, true)
			m.logLocked(record{op: OpMkdir, name: dir, node: n.id, fresh: true})
		}
		return nil
	})
}

// List implements vfs.FS.
func (m *FS) List(dir string) ([]string, error) {
	var names []string
	err := m.do(OpList, dir, func() error {
		if _, err := m.findLocked(OpList, dir); err != nil {
			return err
		}
		for name := range m.names {
			if name != "." && path.Dir(name) == dir {
				names = append(names, path.Base(name))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// Stat implements vfs.FS.
func (m *FS) Stat(name string) (fs.FileInfo, error) {
	var i info
	err := m.do(OpStat, name, func() error {
		n, err := m.findLocked(OpStat, name)
		if err == nil {
			i = info{path.Base(name), int64(len(n.data)), n.dir}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return i, nil
}

// SyncDir implements vfs.FS.
func (m *FS) SyncDir(dir string) error {
	return m.doSync(OpSyncDir, dir, func(failed bool) error {
		if _, err := m.findLocked(OpSyncDir, dir); err != nil {
			return err
		}
		m.logLocked(record{op: OpSyncDir, name: dir, failed: failed})
		return nil
	})
}

// Lock implements vfs.FS. The lock is the process's: an image has none.
func (m *FS) Lock(name string) (io.Closer, error) {
	held := false
	err := m.do(OpLock, name, func() error {
		if m.locked[name] {
			return vfs.ErrLocked
		}
		n, fresh, err := m.makeLocked(OpLock, name)
		if err != nil {
			return err
		}
		if fresh {
			m.logLocked(record{op: OpLock, name: name, node: n.id, fresh: true})
		}
		m.locked[name], held = true, true
		return nil
	})
	release := unlock(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.locked, name)
	})
	if err != nil {
		if held {
			release() // the caller got an error, and nothing to give back
		}
		return nil, err
	}
	return release, nil
}

type unlock func()

func (u unlock) Close() error { u(); return nil }

type info struct {
	name string
	size int64
	dir  bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o750
	}
	return 0o640
}
