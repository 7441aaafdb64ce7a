package catalogue

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// sinkBytes is the size of one write to a file.
const sinkBytes = 256 << 10

// sink fills a new file from its start in large pieces. The first error sticks:
// what follows it is ignored until finish returns it. One goroutine uses it.
type sink struct {
	file    vfs.File
	name    string
	pending []byte
	written int64 // bytes before pending
	err     error
}

// createSink makes an empty file, or leaves none.
func createSink(fsys vfs.FS, name string) (*sink, error) {
	f, err := fsys.Create(name)
	if err != nil {
		_ = fsys.Remove(name)
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	return &sink{file: f, name: name}, nil
}

// offset is where the next write will land in the file.
func (s *sink) offset() int64 { return s.written + int64(len(s.pending)) }

// write copies b, or writes it through when it is large.
func (s *sink) write(b []byte) {
	if len(s.pending)+len(b) > sinkBytes {
		s.put(s.pending)
		s.pending = s.pending[:0]
	}
	if len(b) >= sinkBytes {
		s.put(b)
		return
	}
	s.pending = append(s.pending, b...)
}

func (s *sink) put(b []byte) {
	if s.err != nil || len(b) == 0 {
		return
	}
	if _, err := s.file.WriteAt(b, s.written); err != nil {
		s.err = fmt.Errorf("write %s: %w", s.name, err)
		return
	}
	s.written += int64(len(b))
}

// finish writes what is left, syncs and closes the file. The file is removed
// when that fails, unless the error matches ErrBroken.
func (s *sink) finish(fsys vfs.FS) error {
	s.put(s.pending)
	if s.err == nil {
		if err := s.file.Sync(); err != nil {
			s.err = unknown("sync", s.name, err)
		}
	}
	if err := s.file.Close(); err != nil && s.err == nil {
		s.err = fmt.Errorf("close %s: %w", s.name, err)
	}
	if s.err != nil {
		removeUnless(fsys, s.name, s.err)
	}
	return s.err
}

// discard closes and removes the file instead of finishing it. Should the
// removal fail, the next Open repeats it.
func (s *sink) discard(fsys vfs.FS) {
	_ = s.file.Close()
	_ = fsys.Remove(s.name)
}

// removeUnless drops a file that no manifest names, unless err says that the
// state of the disk is unknown; a leftover is removed by the next Open.
func removeUnless(fsys vfs.FS, name string, err error) {
	if !errors.Is(err, ErrBroken) {
		_ = fsys.Remove(name)
	}
}
