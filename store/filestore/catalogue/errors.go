package catalogue

import (
	"errors"
	"fmt"
)

var (
	// ErrBroken is matched by the error of a Commit whose sync, rename or
	// folder sync failed, and of every Commit after it. Nobody knows what such
	// a write left on the disk, so only a new Open, which reads it, may go on.
	// The cause is wrapped beside it.
	ErrBroken = errors.New("outcome of a write is unknown, the catalogue takes no more commits")
	// ErrVersion is matched by the error of Open when a file is whole but was
	// written in a format that this code does not know.
	ErrVersion = errors.New("unknown format version")
	// ErrClosed is returned after Close, and by a Commit that Close stopped.
	ErrClosed = errors.New("catalogue is closed")
	// ErrTooLarge is matched by the error of a Commit whose root, or one of
	// whose keys or values, is longer than the format allows.
	ErrTooLarge = errors.New("longer than the catalogue allows")
)

// CorruptionError says that a file does not hold what was written to it.
type CorruptionError struct {
	// File is the name within the FS.
	File string
	// Offset is where in the file the damaged part starts, in bytes.
	Offset int64
	// Reason is what is wrong there.
	Reason string
}

func (e *CorruptionError) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d: %s", e.File, e.Offset, e.Reason)
}

// damage is what a decoder finds wrong with bytes it is given; it does not know
// the file they come from.
type damage string

func (d damage) Error() string { return string(d) }

// located turns the error of a decoder or of a read into one that names the
// file: damage becomes a *CorruptionError, anything else is wrapped.
func located(file string, offset int64, err error) error {
	if d, ok := errors.AsType[damage](err); ok {
		return &CorruptionError{File: file, Offset: offset, Reason: string(d)}
	}
	return fmt.Errorf("read %s: %w", file, err)
}

// unknown marks the failure of a step that may or may not have happened.
func unknown(step, file string, err error) error {
	return fmt.Errorf("%s %s: %w: %w", step, file, ErrBroken, err)
}
