// Package vfs is the few file operations that the durable tiers are built
// from. Everything a tier does to a disk goes through an FS, so that a test can
// hand it one that loses what was not synced, or fails on command; start with
// FS, and OS for the real thing.
//
// Durability is the caller's business and follows POSIX: bytes are safe after
// File.Sync, and a name (created, renamed or removed) after SyncDir of the
// folder that holds it. Nothing here syncs by itself.
package vfs

import (
	"io"
	"io/fs"
)

// FS is one directory tree. Names are slash-separated and relative to its root.
// All methods may be called at once from many goroutines. Errors are those of
// the os package and answer to errors.Is(err, fs.ErrNotExist) and the
// syscall.Errno values.
type FS interface {
	// Create makes an empty file for writing, truncating one that exists.
	Create(name string) (File, error)
	// OpenWrite opens an existing file for reading and writing, or makes it
	// when it does not exist, without truncating.
	OpenWrite(name string) (File, error)
	// Open opens an existing file for reading. Each call has a file position
	// of its own.
	Open(name string) (File, error)
	// Remove unlinks a file.
	Remove(name string) error
	// Rename replaces newName by oldName in one step.
	Rename(oldName, newName string) error
	// MkdirAll makes a folder and its parents; one that exists is no error.
	MkdirAll(name string) error
	// List returns the names in a folder, sorted.
	List(dir string) ([]string, error)
	// Stat describes a file.
	Stat(name string) (fs.FileInfo, error)
	// SyncDir makes the names in a folder durable.
	SyncDir(dir string) error
	// Lock takes the exclusive lock kept in the named file, which it creates
	// when needed. A lock that another process (or this one) holds is an error
	// that matches ErrLocked.
	Lock(name string) (io.Closer, error)
}

// File is an open file. ReadAt and WriteAt may be called at once from many
// goroutines; a File's own position, used by Read and Seek, has one user.
type File interface {
	io.Reader
	io.ReaderAt
	io.WriterAt
	io.Seeker
	io.Closer
	// Truncate cuts the file to size bytes, or extends it with zeros.
	Truncate(size int64) error
	// Sync returns when every byte written so far, and the size, are durable.
	// After an error nothing may be assumed about any earlier unsynced write.
	Sync() error
	// Size returns the file's length in bytes.
	Size() (int64, error)
}
