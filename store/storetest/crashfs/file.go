package crashfs

import (
	"errors"
	"io"
	"io/fs"
	"slices"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// file is an open file. It reaches its inode under any name, and under none.
type file struct {
	fs     *FS
	name   string // when it was opened
	node   *inode
	pos    int64 // used by one goroutine
	closed bool  // guarded by fs.mu
}

var _ vfs.File = (*file)(nil)

// resize makes the data size bytes long, and the inode's own.
func (n *inode) resize(size int64) {
	if n.shared {
		n.data, n.shared = slices.Clone(n.data), false
	}
	n.data = resized(n.data, size)
}

func resized(b []byte, size int64) []byte {
	if grow := int(size) - len(b); grow > 0 {
		b = slices.Grow(b, grow)
		clear(b[len(b) : len(b)+grow])
	}
	return b[:size]
}

// do makes a call on the file.
func (f *file) do(op Op, apply func() error) error {
	return f.fs.do(op, f.name, func() error {
		if f.closed {
			return failed(op, f.name, fs.ErrClosed)
		}
		return apply()
	})
}

// ReadAt implements io.ReaderAt.
func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	err = f.do(OpRead, func() error {
		if off < int64(len(f.node.data)) {
			n = copy(p, f.node.data[off:])
		}
		return nil
	})
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Read implements io.Reader.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.pos)
	f.pos += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// Seek implements io.Seeker.
func (f *file) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.pos
	case io.SeekEnd:
		size, err := f.Size()
		if err != nil {
			return f.pos, err
		}
		offset += size
	}
	if offset < 0 {
		return f.pos, failed(OpRead, f.name, fs.ErrInvalid)
	}
	f.pos = offset
	return offset, nil
}

// WriteAt implements io.WriterAt.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	fault, err := f.fs.admit(OpWrite, f.name)
	if err != nil {
		return 0, err
	}
	n := len(p)
	switch {
	case fault.Err == nil || fault.Effect == Done:
	case fault.Effect == Half:
		n /= 2
	default:
		return 0, fault.Err
	}
	if err := f.store(p[:n], off); err != nil {
		return 0, err
	}
	if fault.Err != nil && fault.Effect == Done {
		n = 0
	}
	return n, fault.Err
}

func (f *file) store(p []byte, off int64) error {
	m := f.fs
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.killed:
		return failed(OpWrite, f.name, ErrKilled)
	case f.closed:
		return failed(OpWrite, f.name, fs.ErrClosed)
	}
	f.node.resize(max(int64(len(f.node.data)), off+int64(len(p))))
	copy(f.node.data[off:], p)
	m.logLocked(record{op: OpWrite, name: f.name, node: f.node.id, off: off, data: slices.Clone(p)})
	return nil
}

// Truncate implements vfs.File.
func (f *file) Truncate(size int64) error {
	return f.do(OpTruncate, func() error {
		f.node.resize(size)
		f.fs.logLocked(record{op: OpTruncate, name: f.name, node: f.node.id, off: size})
		return nil
	})
}

// Sync implements vfs.File.
func (f *file) Sync() error {
	return f.fs.doSync(OpSync, f.name, func(lost bool) error {
		if f.closed {
			return failed(OpSync, f.name, fs.ErrClosed)
		}
		f.fs.logLocked(record{op: OpSync, name: f.name, node: f.node.id, failed: lost})
		return nil
	})
}

// Size implements vfs.File.
func (f *file) Size() (size int64, err error) {
	err = f.do(OpStat, func() error {
		size = int64(len(f.node.data))
		return nil
	})
	return size, err
}

// Close implements io.Closer. The file is closed even when that fails, as Linux
// does it.
func (f *file) Close() error {
	fault, err := f.fs.admit(OpClose, f.name)
	if err == nil {
		err = fault.Err
	}
	if closeErr := f.forget(); err == nil {
		err = closeErr
	}
	return err
}

func (f *file) forget() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.closed {
		return failed(OpClose, f.name, fs.ErrClosed)
	}
	f.closed = true
	f.fs.open--
	return nil
}
