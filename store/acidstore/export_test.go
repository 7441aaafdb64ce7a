package acidstore

import (
	"errors"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// OpenFS is Open with the file operations that are not bbolt's on fsys.
func OpenFS(dir string, fsys vfs.FS, o *Options) (*Store, error) { return open(dir, fsys, o) }

// SpendRoom makes every change need a larger file, until the room is given back.
func (s *Store) SpendRoom() (giveBack func()) {
	sizes := make([]int64, len(s.shards))
	for i, sh := range s.shards {
		sizes[i] = sh.size.Swap(0)
	}
	return func() {
		for i, sh := range s.shards {
			sh.size.Store(sizes[i])
		}
	}
}

// Tidy returns when all is settled and folded.
func (s *Store) Tidy() {
	for range 2 {
		for _, sh := range s.shards {
			sh.settle(true)
		}
	}
}

// Abandon ends the store as the end of the process would: what is staged is not
// written any more, and no file is closed in order.
func (s *Store) Abandon() {
	s.closed.Store(true)
	for _, sh := range s.shards {
		sh.fail(errAbandoned)
		sh.queue.Close()
	}
	for _, sh := range s.shards {
		sh.stop()
	}
	s.closing.Do(func() { s.closeFiles() })
}

var errAbandoned = errors.New("abandoned")
