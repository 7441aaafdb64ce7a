// Package wal is the file part of the write-ahead log: numbered records in a
// row of checksummed segment files. Start with [Open], which replays what a
// crash left, and [Log].
//
// A record is appended to a buffer, written by Flush and made durable by Sync;
// grouping many records under one sync, and telling their writers, is the
// caller's work. Every record has a number, its LSN: 1, 2, 3 and so on across
// all segments, never given to other bytes once a flush has succeeded. A flush
// that fails takes its records back, on disk too, and their numbers are used
// again. A sync that fails breaks the log for good, because the kernel may have
// dropped the pages it could not write and would report success the next time.
//
// What is synced is never given up silently. Recovery cuts off the tail of the
// last segment only where nothing shows that it had been synced, and where a torn
// write explains it: a record with a single flipped bit is none. Any other damage
// is an error that says where, and changes nothing on disk.
//
// One limit is known: when the sync of the folder has failed, and the process is
// started again but not the machine, a segment may be read back that only the
// kernel's memory has a name for. Bytes that a sync has failed on are written
// again by Open.
//
// A Log has one owner: no two of its methods may run at once. [Verify] may run
// beside it, in any process.
package wal

import (
	"errors"
	"fmt"
	"path"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Options tune a log. The zero value, and nil, mean the defaults.
type Options struct {
	// SegmentBytes is the size at which a segment is full. Only a batch that
	// is larger by itself makes a larger segment. Default 64 MiB.
	SegmentBytes int64
	// MaxRecordBytes is the largest payload that Append takes, at most 1 GiB.
	// Lowering it does not make longer records of the past unreadable.
	// Default 64 MiB.
	MaxRecordBytes int
	// ZeroAhead is how many zeros are written ahead of the records, whenever
	// they reach the end of those written before. A sync over zeros that are
	// there writes the records and nothing else; one that makes the file longer
	// also writes where its new blocks are. Default 0: none.
	ZeroAhead int
	// Lost is the folder in which Open keeps a tail that it cuts off although
	// there are good records in it, behind a bad one. Default: such a tail is
	// not kept.
	Lost string
}

const (
	defaultSegmentBytes   = 64 << 20
	defaultMaxRecordBytes = 64 << 20
)

func (o *Options) withDefaults() (Options, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.SegmentBytes == 0 {
		opts.SegmentBytes = defaultSegmentBytes
	}
	if opts.MaxRecordBytes == 0 {
		opts.MaxRecordBytes = defaultMaxRecordBytes
	}
	if opts.ZeroAhead < 0 {
		return opts, fmt.Errorf("ZeroAhead is %d, want 0 or more", opts.ZeroAhead)
	}
	if opts.SegmentBytes < 0 {
		return opts, fmt.Errorf("SegmentBytes is %d, want a positive number", opts.SegmentBytes)
	}
	if opts.MaxRecordBytes < 0 || opts.MaxRecordBytes > maxPayload {
		return opts, fmt.Errorf("MaxRecordBytes is %d, want 1 to %d", opts.MaxRecordBytes, maxPayload)
	}
	return opts, nil
}

// Log is an open write-ahead log. It is not safe for concurrent use.
type Log struct {
	fs      vfs.FS
	dir     string
	storeID [16]byte
	seed    uint32
	opts    Options

	// segs are the live segments, oldest first and never empty after Open.
	segs []segment
	// active is the file of the last segment. It is nil when that segment was
	// sealed and its successor could not be made; nothing may be written to a
	// sealed segment, since a file with the successor's name may exist.
	active vfs.File

	// zeroed is where the zeros written ahead in the active segment end.
	zeroed int64
	zeros  []byte // what is written there; nil before the first time
	// started is up to where the kernel was asked to write the active segment.
	started int64

	// buf holds the encoded records flushed to next-1.
	buf []byte

	durable uint64 // first LSN not known to be synced
	flushed uint64 // first LSN not in a segment
	next    uint64 // LSN of the next record; durable <= flushed <= next

	// failed is why no further call is accepted: ErrBroken with its cause, or
	// ErrClosed.
	failed error
}

// Open opens the log in the folder dir, or creates it, and calls replay for
// every record numbered from or higher, in order. A payload is valid only
// during the call. An error of replay ends Open and is returned wrapped.
//
// A record is durable when replay sees it. When Open returns an error, nothing
// that could be read has been removed. Errors that speak of the log itself are
// *CorruptionError, *MissingError, *VersionError and ErrForeign; a log that has
// to exist, because from is above 1, is never made anew.
func Open(fs vfs.FS, dir string, storeID [16]byte, from uint64, o *Options, replay func(lsn uint64, payload []byte) error) (*Log, Recovery, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, Recovery{}, fmt.Errorf("log options: %w", err)
	}
	l := &Log{fs: fs, dir: dir, storeID: storeID, seed: recordSeed(storeID), opts: opts}
	r := &recovery{log: l, reader: newReader(fs, dir, storeID), from: max(from, 1), replay: replay}
	if err := r.run(); err != nil {
		return nil, Recovery{}, fmt.Errorf("open log %s: %w", dir, err)
	}
	r.found.Segments = len(l.segs)
	return l, r.found, nil
}

// Next returns the LSN that the next appended record gets.
func (l *Log) Next() uint64 { return l.next }

// Durable returns the first LSN that is not known to be synced.
func (l *Log) Durable() uint64 { return l.durable }

// Size returns the bytes of all live segments, headers included. Records that
// are appended but not flushed do not count.
func (l *Log) Size() int64 {
	var total int64
	for _, s := range l.segs {
		total += s.size
	}
	return total
}

// Close flushes, syncs and closes the log. The log is closed even when that
// fails; a second Close does nothing.
func (l *Log) Close() error {
	if errors.Is(l.failed, ErrClosed) {
		return nil
	}
	err := l.Flush()
	if syncErr := l.Sync(); err == nil {
		err = syncErr
	}
	if l.active != nil {
		if closeErr := l.active.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("close segment %s: %w", segmentName(l.last().first), closeErr)
		}
		l.active = nil
	}
	l.failed = ErrClosed
	return err
}

// fail breaks the log for good and returns the error of this and every later
// call.
func (l *Log) fail(cause error) error {
	l.failed = fmt.Errorf("%w: %w", ErrBroken, cause)
	return l.failed
}

func (l *Log) path(first uint64) string { return path.Join(l.dir, segmentName(first)) }

// last returns the newest segment.
func (l *Log) last() *segment { return &l.segs[len(l.segs)-1] }
