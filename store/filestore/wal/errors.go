package wal

import (
	"errors"
	"fmt"
)

var (
	// ErrBroken is matched by every error after a failure that leaves it
	// unknown what the disk holds. The cause is wrapped beside it. Only
	// closing the log and opening it again, in a new process, helps.
	ErrBroken = errors.New("log is broken")
	// ErrClosed is returned by every method but Close after Close.
	ErrClosed = errors.New("log is closed")
	// ErrTooLarge is matched when a payload exceeds Options.MaxRecordBytes.
	ErrTooLarge = errors.New("record is too large")
	// ErrForeign is matched when a segment was written by another store.
	ErrForeign = errors.New("segment belongs to another store; put back this store's own log")
)

// Damage is a place in a log that cannot be read as what it should be.
type Damage struct {
	File   string // segment file name within the log's folder
	Offset int64  // bytes from the start of the file
	LSN    uint64 // record expected there; a segment's first for its header
	Reason string // what is wrong, for people
	// Flipped is set when one flipped bit is all that is wrong, which no torn
	// write leaves behind.
	Flipped bool
	// Torn is set when nothing shows that what is lost had been whole: Open
	// would cut it off and go on. Only Verify reports such damage.
	Torn bool
}

// CorruptionError says that bytes which must be right are not. Nothing was
// changed on disk.
type CorruptionError struct {
	Damage
	// Payload is that of a record in which a bit is Flipped, with the bit turned
	// back, for saying what the record is about. It is not to be relied upon.
	Payload []byte
}

// Error names the place, the reason and the remedy.
func (e *CorruptionError) Error() string {
	return fmt.Sprintf("segment %s is damaged at byte %d (record %d): %s; restore the file from a backup",
		e.File, e.Offset, e.LSN, e.Reason)
}

// asDamage returns err when the reader found damage, else nil. The reader never
// wraps it; an error of that type inside a replay's error is not the log's.
func asDamage(err error) *CorruptionError {
	damage, _ := err.(*CorruptionError)
	return damage
}

// MissingError says that the log does not hold the records First to Last,
// which it must. Nothing was changed on disk.
type MissingError struct {
	First, Last uint64
}

// Error names the records and the remedy.
func (e *MissingError) Error() string {
	return fmt.Sprintf("records %d to %d are missing (the first belongs to segment %s or an earlier one): "+
		"check that the log's volume is mounted, or restore its files from a backup",
		e.First, e.Last, segmentName(e.First))
}

// VersionError says that a segment has a format that this program does not
// know, most likely a later one.
type VersionError struct {
	File    string
	Version uint32
}

// Error names the version found and the one understood.
func (e *VersionError) Error() string {
	return fmt.Sprintf("segment %s has format version %d, this program reads version %d; run the program that wrote it",
		e.File, e.Version, formatVersion)
}
