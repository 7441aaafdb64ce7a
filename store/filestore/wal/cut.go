package wal

import (
	"errors"
	"fmt"
	"io"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Cut is one segment as it was at one instant. It can be read whatever becomes of
// the segment: Trim gives its space back only when the Cut is closed.
type Cut struct {
	Name string // of the file, within the log's folder
	Size int64  // bytes; the last record ends there, or zeros behind it

	log   *Log
	file  vfs.File
	first uint64 // LSN of the first record
	end   uint64 // LSN after the last
}

// Cut returns the segments that a log has which is opened from the record from,
// as they are now, flushed records included. Those written with a sync are
// durable. The caller closes them.
func (l *Log) Cut(from uint64) ([]*Cut, error) {
	if l.failed != nil {
		return nil, l.failed
	}
	segs := l.segs
	for len(segs) > 1 && segs[1].first <= from {
		segs = segs[1:]
	}
	var cuts []*Cut
	for i, seg := range segs {
		f, err := l.fs.Open(l.path(seg.first))
		if err != nil {
			CloseCuts(cuts)
			return nil, fmt.Errorf("open segment: %w", err)
		}
		end := l.flushed
		if i+1 < len(segs) {
			end = segs[i+1].first
		}
		cuts = append(cuts, &Cut{Name: segmentName(seg.first), Size: seg.size, log: l, file: f, first: seg.first, end: end})
	}
	return cuts, nil
}

// Verify reads the segment and returns a *CorruptionError when it does not hold
// every record that it should. It may run beside the log's owner.
func (c *Cut) Verify() error {
	r := newReader(nil, c.log.dir, c.log.storeID)
	r.name, r.off, r.next = c.Name, 0, c.first
	r.file = ended{c.file, c.Size}
	if err := r.start(c.first); err != nil {
		return err
	}
	if err := r.each(func(uint64, []byte) error { return nil }); err != nil {
		return err
	}
	if r.next != c.end {
		return r.damage("only zeros follow, although there were records")
	}
	return nil
}

// Reader returns a reader of the segment's bytes.
func (c *Cut) Reader() io.Reader { return io.NewSectionReader(c.file, 0, c.Size) }

// Close gives the segment back.
func (c *Cut) Close() error { return c.file.Close() }

// CloseCuts closes all of cuts. Nothing was written through them.
func CloseCuts(cuts []*Cut) error {
	var errs []error
	for _, c := range cuts {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// ended is a file of which only so many bytes count.
type ended struct {
	vfs.File
	size int64
}

// Size implements vfs.File.
func (e ended) Size() (int64, error) { return e.size, nil }
