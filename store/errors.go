package store

import (
	"errors"
	"fmt"
)

// What a lookup or a creation may meet.
var (
	// ErrNotFound: no stream has this name.
	ErrNotFound = errors.New("no such stream")
	// ErrExists: a stream of this name exists.
	ErrExists = errors.New("stream exists")
)

// What a commit may meet. All leave the settled state as it was.
var (
	// ErrNoSpace: the disk or the memory budget is full. The tier is whole and
	// takes changes again when there is room.
	ErrNoSpace = errors.New("no space left for stream data")
	// ErrReadOnly: a sync or a write failed in a way that leaves the outcome
	// unknown. The tier takes no change until it is opened again.
	ErrReadOnly = errors.New("storage is read-only after a failure")
	// ErrNotWritten: the change could not be written for another reason. The tier
	// is whole, and the change may be tried again.
	ErrNotWritten = errors.New("change was not written")
	// ErrAborted: a change staged earlier on the same stream failed, and this
	// one was built on it.
	ErrAborted = errors.New("an earlier change of the stream failed")
)

// ErrClosed: the store has been closed.
var ErrClosed = errors.New("store is closed")

// ErrInUse: another process has the data directory open.
var ErrInUse = errors.New("another weir process is using it")

// CorruptionError names stored bytes that are not what was written.
type CorruptionError struct {
	File   string // relative to the data directory
	Stream string // the stream concerned, when it is known
	Offset int64  // position in File, -1 when the whole file is meant
	Reason string
	// Note is set for what is worth knowing and loses nothing, such as a file
	// that a crash left over. Only checks of a tier that is not open report it.
	Note bool
}

func (e *CorruptionError) Error() string {
	s := fmt.Sprintf("%s is damaged: %s", e.File, e.Reason)
	if e.Offset >= 0 {
		s = fmt.Sprintf("%s is damaged at byte %d: %s", e.File, e.Offset, e.Reason)
	}
	if e.Stream != "" {
		s += fmt.Sprintf(" (stream %q)", e.Stream)
	}
	return s
}
