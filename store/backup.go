package store

import (
	"errors"
	"io"
)

// What a backup may meet besides damage and what its callers do.
var (
	// ErrNoFiles: the tier keeps nothing on disk, so there is nothing to back up.
	ErrNoFiles = errors.New("the streams are kept in memory alone: there is nothing on disk to back up")
	// ErrBackupRunning: a backup of the store is being made already.
	ErrBackupRunning = errors.New("another backup is being made")
	// ErrOutgrown: a file of the store needed room that the backup was in the way
	// of, and writers go first. The next backup has that room.
	ErrOutgrown = errors.New("a database file has outgrown its map while it was being copied: make the backup again")
)

// BackupFile is one file or folder of a backup.
type BackupFile struct {
	// Name is relative to the data directory, with slashes. A name that ends in a
	// slash is a folder that has to be there even when it is empty; it has no
	// Size and no Content.
	Name string
	// Size is the length of Content in bytes.
	Size int64
	// Content is valid until the function that was given it returns. Another error
	// than io.EOF says that what was read before is no good copy, so it has to be
	// read to its end.
	Content io.Reader
}
