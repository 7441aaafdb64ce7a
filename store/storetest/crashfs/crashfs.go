// Package crashfs is a file system in memory whose machine can lose power at any
// call, and whose calls can fail on command. Start with New, FS.Crash and
// FS.Fail.
//
// An FS keeps a log of every call that changed something. A crash is not a
// second run of the program: it is an image, a new FS rebuilt from a prefix of
// the log, so that one run yields as many crashes as it made calls, at the price
// of some microseconds each. What a test knows of its program's clients is dated
// by FS.Calls, the length of the log.
//
// The disk below promises what POSIX does and nothing else. Bytes and sizes are
// safe after File.Sync, names after SyncDir of their folder. Of what came later
// anything may be left: writes whole, torn at any byte, in some sectors only, or
// as a longer file of zeros; late ones without earlier ones; each creation,
// removal and renaming done or not. A sync that failed loses what it should have
// written for good, although it can still be read: a later sync does not help.
package crashfs

import (
	"errors"
	"sync"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// ErrKilled is the error of every call after FS.Kill.
var ErrKilled = errors.New("file system was killed")

// FS is a file system. All methods may be called at once from many goroutines.
type FS struct {
	mu     sync.Mutex // guards what follows, and the inodes
	names  map[string]*inode
	nextID int
	locked map[string]bool
	killed bool
	open   int
	counts [opCount]int
	fail   func(Call) Fault
	// gatherFrom is from how many files on there are groups; 0: never.
	gatherFrom int

	// What a crash is rebuilt from: the durable state at the beginning, which
	// never changes, and every change since.
	base map[string]*inode
	log  []record
}

var _ vfs.FS = (*FS)(nil)

// inode is a file, or a folder when dir is set.
type inode struct {
	id   int
	dir  bool
	data []byte
	// shared says that other file systems have the same data: it is copied
	// before it is changed.
	shared bool
}

// New returns a file system with an empty root folder.
func New() *FS {
	return newFS(map[string]*inode{".": {dir: true}}, 1)
}

// newFS begins with names, all of it durable.
func newFS(names map[string]*inode, nextID int) *FS {
	base := make(map[string]*inode, len(names))
	live := make(map[*inode]*inode, len(names))
	current := make(map[string]*inode, len(names))
	for name, n := range names {
		n.shared = true
		base[name] = n
		if live[n] == nil {
			twin := *n
			live[n] = &twin
		}
		current[name] = live[n]
	}
	return &FS{names: current, nextID: nextID, locked: make(map[string]bool), base: base}
}

// Calls returns how many calls have changed something. Each is logged before it
// returns to its caller.
func (m *FS) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.log)
}

// Kill makes every call from now on fail with ErrKilled and change nothing.
func (m *FS) Kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.killed = true
}

// OpenFiles returns how many files are open.
func (m *FS) OpenFiles() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open
}

// Names returns every name there is with the size of its file, folders excluded.
func (m *FS) Names() map[string]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	sizes := make(map[string]int64)
	for name, n := range m.names {
		if !n.dir {
			sizes[name] = int64(len(n.data))
		}
	}
	return sizes
}
