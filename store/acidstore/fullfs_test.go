package acidstore_test

import (
	"sync/atomic"
	"syscall"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// fullFS is a file system on which files do not grow while full is set.
type fullFS struct {
	vfs.FS
	full atomic.Bool
}

func (fs *fullFS) OpenWrite(name string) (vfs.File, error) {
	f, err := fs.FS.OpenWrite(name)
	return fullFile{f, fs}, err
}

type fullFile struct {
	vfs.File
	fs *fullFS
}

func (f fullFile) WriteAt(p []byte, off int64) (int, error) {
	if f.fs.full.Load() {
		return 0, syscall.ENOSPC
	}
	return f.File.WriteAt(p, off)
}
