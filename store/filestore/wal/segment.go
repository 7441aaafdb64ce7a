package wal

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"slices"
	"strings"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// segment is one live file of the log.
type segment struct {
	first uint64 // LSN of its first record, there or to come
	size  int64  // bytes, header included
}

// listSegments returns the segments in dir, oldest first and without sizes. The
// names come sorted, and with 16 digits each that is the order of the LSNs.
// Names without the suffix are not the log's and are left alone; a name that
// has it but is no segment's may be a segment that somebody renamed.
func listSegments(fs vfs.FS, dir string) ([]segment, error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	var segs []segment
	for _, name := range names {
		if !strings.HasSuffix(name, segmentSuffix) {
			continue
		}
		first, ok := parseSegmentName(name)
		if !ok {
			return nil, fmt.Errorf("%s is not a segment's name: rename it back or move it away", name)
		}
		segs = append(segs, segment{first: first})
	}
	return segs, nil
}

// create makes the segment that starts with the record first and makes it the
// active one. The header and the name are synced before any record follows, so
// a crash on the way leaves a file of at most a header, which recovery knows to
// be empty. Without a failed sync, create may be called again.
func (l *Log) create(first uint64) error {
	name := segmentName(first)
	if err := l.refuseRecords(first); err != nil {
		return err
	}
	f, err := l.fs.Create(l.path(first))
	if err != nil {
		return fmt.Errorf("create segment %s: %w", name, err)
	}
	header := appendHeader(nil, l.storeID, first)
	if err := writeAll(f, header, 0); err != nil {
		f.Close()
		return fmt.Errorf("write header of segment %s: %w", name, err)
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return l.fail(fmt.Errorf("sync header of segment %s: %w", name, err))
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		f.Close()
		return l.fail(fmt.Errorf("sync name of segment %s: %w", name, err))
	}
	l.active, l.zeroed, l.started = f, 0, 0
	l.segs = append(l.segs, segment{first: first, size: headerSize})
	return nil
}

// refuseRecords is the last guard against emptying a segment that has records:
// creating a file truncates it.
func (l *Log) refuseRecords(first uint64) error {
	info, err := l.fs.Stat(l.path(first))
	switch {
	case errors.Is(err, iofs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look for segment %s: %w", segmentName(first), err)
	case info.Size() > headerSize:
		return fmt.Errorf("create segment %s: it exists and holds records", segmentName(first))
	}
	return nil
}

// roll seals the last segment and starts the next one. That a segment has a
// successor is taken as proof that all of it was synced, so the sync comes
// before the successor's name exists.
func (l *Log) roll() error {
	if l.active != nil {
		if err := l.Sync(); err != nil {
			return err
		}
		l.active.Close() // synced: nothing is left that closing could lose
		l.active = nil
	}
	return l.create(l.flushed)
}

// Rotate flushes and syncs what was appended, and sees to it that the next
// record, start, is the first of a segment. A segment that has no record yet is
// kept. After an error that is not ErrBroken the log goes on, and Rotate may be
// called again.
func (l *Log) Rotate() (start uint64, err error) {
	if err := l.Flush(); err != nil {
		return 0, err
	}
	if err := l.Sync(); err != nil {
		return 0, err
	}
	if l.active != nil && l.last().first == l.flushed {
		return l.flushed, nil
	}
	if err := l.roll(); err != nil {
		return 0, err
	}
	return l.flushed, nil
}

// Trim removes the segments whose records all precede the LSN before, oldest
// first, and syncs the folder. The last segment always stays. The caller must
// have made durable, somewhere else, that it will open the log from before or
// later. Calling Trim again, after an error too, is harmless.
func (l *Log) Trim(before uint64) error {
	if l.failed != nil {
		return l.failed
	}
	for len(l.segs) > 1 && l.segs[1].first <= before {
		err := l.fs.Remove(l.path(l.segs[0].first))
		if err != nil && !errors.Is(err, iofs.ErrNotExist) {
			return fmt.Errorf("remove segment %s: %w", segmentName(l.segs[0].first), err)
		}
		l.segs = slices.Delete(l.segs, 0, 1)
	}
	// Losing a removal costs space only: recovery does not read segments that
	// end before the record it starts from. So a failure does not break the log.
	if err := l.fs.SyncDir(l.dir); err != nil {
		return fmt.Errorf("sync removal of segments: %w", err)
	}
	return nil
}

// writeAll writes all of p at off, or says why not.
func writeAll(f vfs.File, p []byte, off int64) error {
	n, err := f.WriteAt(p, off)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return err
}
