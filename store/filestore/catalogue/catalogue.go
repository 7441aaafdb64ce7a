// Package catalogue is an ordered key-value store on disk: the index of stream
// metadata in the file tier. Start with Open, then Catalogue.Get,
// Catalogue.Scan and Catalogue.Commit.
//
// It keeps no log. Its owner has one, hands over a batch of changed keys once
// per checkpoint together with a root (opaque bytes, such as the log position
// that the batch reaches), and after a crash replays its log on top of what the
// last Commit left. A Commit is atomic: after a crash all of the batch and its
// root are there, or none.
//
// Entries lie in immutable sorted tables, newest first; a file named MANIFEST
// lists the live ones and is replaced whole. Memory holds only a sparse index
// and a Bloom filter of each table, a few bytes a key, so opening costs the
// same few bytes and never a scan of the data. Blocks are read and verified on
// every use; the system's page cache is the only cache.
//
// Get, Scan, Verify, Stats and Root may be called at once from many goroutines
// and do not wait for a Commit, whose effect they see whole or not at all.
// Commits run one at a time. The owner makes sure that one process at a time
// has the folder open.
package catalogue

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Catalogue is one open store. Close it to give back its file descriptors.
type Catalogue struct {
	fs   vfs.FS
	dir  string
	opts Options

	// closing is set once by Close and stops a merge that is under way.
	closing atomic.Bool
	// cursors holds spare *cursor values with their buffers, for Get.
	cursors sync.Pool
	// merges counts the commits since Open that merged tables.
	merges atomic.Int64

	// committing is held through a Commit. It is taken before mu.
	committing sync.Mutex
	// broken, guarded by committing, is the error that ended all commits.
	broken error

	// mu guards the pointer below and the taking of a reference through it.
	// Writers of the pointer also hold committing.
	mu      sync.Mutex
	current *snapshot // nil once closed
}

// Stats is a momentary measure of a Catalogue.
type Stats struct {
	// Tables is the number of live tables.
	Tables int
	// Bytes is their total size on disk.
	Bytes int64
	// Keys is about the number of keys: one that several tables hold counts
	// several times until they are merged.
	Keys int64
	// MemoryBytes is what the indexes and filters of the tables occupy.
	MemoryBytes int64
	// Merges counts the commits since Open that merged tables.
	Merges int64
}

// Root returns a copy of the bytes committed with the last batch; nil when
// nothing has been committed, the last root was empty, or c is closed.
func (c *Catalogue) Root() []byte {
	s := c.acquire()
	if s == nil {
		return nil
	}
	defer s.release()
	return bytes.Clone(s.root)
}

// Get returns the value of key, which the caller owns, and whether there is
// one. The error is ErrClosed, a *CorruptionError, or a failure to read.
func (c *Catalogue) Get(key []byte) ([]byte, bool, error) {
	s := c.acquire()
	if s == nil {
		return nil, false, ErrClosed
	}
	defer s.release()
	cur, ok := c.cursors.Get().(*cursor)
	if !ok {
		cur = new(cursor)
	}
	defer c.cursors.Put(cur)

	hash := hashKey(key)
	for _, t := range s.tables {
		if !t.bloom.has(hash) {
			continue
		}
		cur.reset(t)
		found, err := cur.find(key)
		if err != nil {
			return nil, false, err
		}
		if !found {
			continue
		}
		e := cur.entry()
		if e.deleted {
			return nil, false, nil
		}
		return append([]byte{}, e.value...), true, nil
	}
	return nil, false, nil
}

// Stats measures c; a closed Catalogue measures zero.
func (c *Catalogue) Stats() Stats {
	s := c.acquire()
	if s == nil {
		return Stats{}
	}
	defer s.release()
	st := Stats{Tables: len(s.tables), Merges: c.merges.Load()}
	for _, t := range s.tables {
		st.Bytes += t.ref.size
		st.Keys += int64(t.foot.entries - t.foot.tombstones)
		st.MemoryBytes += t.memory()
	}
	return st
}

// Close stops a running Commit, which returns ErrClosed, waits for it, and
// closes the tables; those that an open Iterator or a Verify still reads are
// closed when it lets go. Later calls fail with ErrClosed; closing twice is
// harmless.
func (c *Catalogue) Close() error {
	c.closing.Store(true)
	c.committing.Lock()
	defer c.committing.Unlock()
	if s := c.swap(nil); s != nil {
		s.release()
	}
	return nil
}
