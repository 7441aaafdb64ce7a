// Package store is the contract between the stream rules and the storage
// tiers. Start with Store and Handle; Meta and Change are what they carry.
//
// A tier stores and makes durable; it decides nothing. Which append is allowed,
// what a duplicate is, when a stream has expired: all of that is decided by
// package stream before a Change reaches a tier. A tier promises four things:
//
//   - A Change is atomic: after a crash all of it is there, or nothing.
//   - The changes of one stream settle in the order in which they were
//     committed, and after one has failed so do all that were committed behind
//     it, until Handle.Reset.
//   - What has settled without an error survives what the tier says it
//     survives, and is never answered differently afterwards.
//   - After a failed sync nothing settles well any more (ErrReadOnly).
//
// Every tier passes the suite in store/storetest.
package store

import (
	"context"
	"io"
)

// Store is one storage tier, opened on its data. All methods may be called at
// once from many goroutines, except that the caller must not use one name in two
// calls of Create at the same time.
type Store interface {
	// Create stages a new stream and its first change in one atomic step.
	//
	// The handle is returned at once, for further changes to be staged on. Open
	// does not find the stream before done has settled well; when it settles
	// with an error the handle is void and need only be released. A name that is
	// taken gives ErrExists. When cfg names a Fork, its source must be held open
	// by the caller; the source's reference is counted in the same step.
	//
	// settled reports that the change is durable already and that done will not
	// be called.
	Create(name string, cfg Config, first *Change, done Completion) (h Handle, settled bool, err error)

	// Open returns the stream of this name, or ErrNotFound. Two calls for one
	// stream return the same handle; each must be released.
	Open(name string) (Handle, error)

	// List returns up to limit names that begin with prefix and come after the
	// name after, in ascending order of bytes. Streams that were created or
	// deleted meanwhile may be in it or not.
	List(prefix, after string, limit int) ([]string, error)

	// Due returns up to limit names of streams whose Meta.Due is at or before
	// the given instant (Unix milliseconds), in no particular order.
	Due(before int64, limit int) ([]string, error)

	// Scrub reads everything that is stored and reports each piece of damage. It
	// ends early with the context's error.
	Scrub(ctx context.Context, o ScrubOptions) error

	// Backup gives every file of a copy of the store to add, one after another.
	//
	// Together they are a data directory of the same tier as of one instant after
	// the call began: all that had settled before is in them, and every stream,
	// fork and count agrees. Opening it is like opening the store after a crash at
	// that instant. Checksums are verified on the way, and damage ends the backup
	// with a *CorruptionError: a copy of damaged data is none.
	//
	// Readers and writers go on meanwhile; no lock is held while add runs. An
	// error of add, the end of ctx and Close end the backup, whose error says so;
	// Close waits for add to return. One backup is made at a time.
	Backup(ctx context.Context, add func(BackupFile) error) error

	// Health returns nil while changes can be committed, else the reason.
	Health() error

	// Stats returns figures for operators. They need not be of one instant.
	Stats() Stats

	// Close settles what is staged, makes it durable, and releases all files.
	// The tier's goroutines have ended when it returns. Calling it again is
	// harmless.
	Close() error
}

// Handle is one open stream. Commit, Delete and Reset are called by one
// goroutine at a time (package stream holds the stream's lock); the reading
// methods may be called by many, also while changes are being committed.
type Handle interface {
	// Meta returns a copy of the stream's state as of the last settled change.
	Meta() Meta

	// Commit stages one change. The tier copies c.Bytes before it returns; c
	// itself belongs to the tier until the change has settled.
	//
	// settled reports that the change is durable already and that done will not
	// be called. Otherwise done is called exactly once, from a goroutine of the
	// tier or one that helps it, which waits for it. An error means that nothing
	// was staged.
	Commit(c *Change, done Completion) (settled bool, err error)

	// Delete stages the removal of the stream and all its bytes, and takes the
	// reference off its fork source, which the caller holds open. It settles
	// like Commit. What is staged behind it gets ErrNotFound. Pieces that were
	// read before stay readable.
	Delete(done Completion) (settled bool, err error)

	// Reset forgets what failed: the caller calls it after a change has failed
	// and all that were staged behind it have settled. The next change is staged
	// on the last settled state.
	Reset()

	// Read returns the bytes from position from up to position to, which must
	// lie within what has settled and within the stream's own bytes (a fork's
	// begin at Config.Fork.At). The caller closes each piece.
	Read(from, to int64) ([]Piece, error)

	// AppendAt returns the bounds of the append that wrote the byte at pos.
	AppendAt(pos int64) (start, end int64, err error)

	// Release gives the handle back, when all that was staged on it has settled.
	// It must not be used afterwards.
	Release()
}

// Helper is a Handle of a tier in which those who wait for a change may do the
// tier's work meanwhile.
type Helper interface {
	// Help settles what is staged in this tier, unless somebody else is about it
	// or the tier has better ways. It calls Completions, of any stream, so the
	// caller holds no lock that one of them takes. Without it everything settles
	// too, somewhat later.
	Help()
}

// Completion is told the outcome of a staged change. Settled must not block and
// must not call the store back.
type Completion interface {
	Settled(err error)
}

// ScrubOptions say what a scrub does with what it finds, and how fast it goes.
type ScrubOptions struct {
	// Report is called for each piece of damage, from the goroutine of Scrub.
	Report func(CorruptionError)
	// Pace is called after every so many bytes have been read, a few MiB at most,
	// while no lock and no transaction is held, and holds the scrub back by not
	// returning. Its error ends the scrub. Nil: full speed.
	Pace func(ctx context.Context, bytes int) error
}

// Piece is a run of a stream's bytes: Mem when they are in memory, else File.
type Piece struct {
	// Mem is shared with the tier and with other readers, and never changes.
	Mem []byte
	// File is nil when Mem is set.
	File *Section
}

// Section is a run of bytes in a file, read once from front to back.
type Section struct {
	// R yields exactly N bytes. Where it can it is an *io.LimitedReader on an
	// *os.File, so that the kernel can move the bytes to a socket.
	R io.Reader
	N int64
	// C closes the file below R.
	C io.Closer
}

// Len returns the number of bytes in the piece.
func (p Piece) Len() int64 {
	if p.File != nil {
		return p.File.N
	}
	return int64(len(p.Mem))
}

// Bytes returns the piece in memory; a file is read, which can be done once.
func (p Piece) Bytes() ([]byte, error) {
	if p.File == nil {
		return p.Mem, nil
	}
	b := make([]byte, p.File.N)
	_, err := io.ReadFull(p.File.R, b)
	return b, err
}

// Close releases the file below the piece, if there is one.
func (p Piece) Close() error {
	if p.File != nil && p.File.C != nil {
		return p.File.C.Close()
	}
	return nil
}

// ClosePieces closes every piece and drops the errors: the bytes were only read.
func ClosePieces(ps []Piece) {
	for _, p := range ps {
		p.Close()
	}
}
