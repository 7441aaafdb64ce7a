package vfs

import "golang.org/x/sys/unix"

// StartWriting asks the kernel to begin to write n bytes of a file from off on to
// the disk, and does not wait for it. It is a hint, so that a later sync finds
// little left to do; that sync alone tells whether the bytes are on the disk, and
// what has failed.
func StartWriting(f File, off, n int64) {
	if o := OSFile(f); o != nil {
		_ = unix.SyncFileRange(int(o.Fd()), off, n, unix.SYNC_FILE_RANGE_WRITE)
	}
}

// DropCached lets the kernel forget n bytes of a file from off on that it holds in
// memory, as far as they are on the disk, so that the next read shows what the
// disk has. n 0 means to the end. It is a hint: where it has no effect, what is
// in memory is read.
func DropCached(f File, off, n int64) {
	if o := OSFile(f); o != nil {
		_ = unix.Fadvise(int(o.Fd()), off, n, unix.FADV_DONTNEED)
	}
}
