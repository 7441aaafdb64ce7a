package vfs

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Group makes durable what many files were given since it began. One goroutine uses
// it.
type Group interface {
	// Sync returns when the bytes and sizes of all files that were written since the
	// group began are durable, those that have been closed too. Names are the
	// business of SyncDir. After an error nothing may be assumed of any of them.
	Sync() error
	// Close ends the group.
	Close() error
}

// gatherer is an FS that has groups.
type gatherer interface {
	// Gather begins a group for so many files, or returns nil where each should
	// rather be synced by itself.
	Gather(files int) (Group, error)
}

// Gather begins a group for the writing of so many files. It returns nil where fsys
// has none, or none that is worth it: then each file has to be synced.
func Gather(fsys FS, files int) (Group, error) {
	if g, ok := fsys.(gatherer); ok {
		return g.Gather(files)
	}
	return nil, nil
}

// manyFiles is from how many files on the whole file system is synced. That writes
// what others have left in memory, too, so a few files go by themselves.
const manyFiles = 256

// Gather implements gatherer by syncfs(2), which takes a fraction of the time of many
// syncs: the kernel sorts the writes, and the disk is told once to empty its cache.
// From Linux 5.8 on it reports every write that has failed since the descriptor was
// opened. Older kernels and file systems that are not known to keep to that have no
// groups.
func (d osFS) Gather(files int) (Group, error) {
	if files < manyFiles || !syncfsReports() {
		return nil, nil
	}
	f, err := os.Open(string(d))
	if err != nil {
		return nil, err
	}
	var about unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &about); err != nil || !syncfsDurable[int64(about.Type)] {
		f.Close()
		return nil, err
	}
	return fileSystem{f}, nil
}

// syncfsDurable are the types of file systems that come back from syncfs with an empty
// disk cache.
var syncfsDurable = map[int64]bool{
	unix.EXT4_SUPER_MAGIC:  true,
	unix.XFS_SUPER_MAGIC:   true,
	unix.BTRFS_SUPER_MAGIC: true,
}

// fileSystem is a folder of the file system that is synced.
type fileSystem struct{ *os.File }

// Sync implements Group.
func (f fileSystem) Sync() error {
	for {
		if err := unix.Syncfs(int(f.Fd())); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// syncfsReports tells whether the kernel is Linux 5.8 or later.
var syncfsReports = sync.OnceValue(func() bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	return releaseIsFrom(unix.ByteSliceToString(name.Release[:]), 5, 8)
})
