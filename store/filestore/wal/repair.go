package wal

import (
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// This file holds all of recovery that changes the disk.

// createLog starts a log that has never held a record.
func (r *recovery) createLog() error {
	if r.from > 1 {
		return &MissingError{First: r.from, Last: r.from} // and nobody knows what else
	}
	if err := r.log.fs.MkdirAll(r.log.dir); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := r.log.fs.SyncDir(path.Dir(r.log.dir)); err != nil {
		return fmt.Errorf("sync folder's name: %w", err)
	}
	return r.begin(1)
}

// unborn reports whether a crash came while the last segment was being made:
// it ends before any record, and its header is not good.
func (r *recovery) unborn(last segment) (bool, error) {
	if last.size > headerSize {
		return false, nil
	}
	err := r.reader.open(last.first)
	if damage := asDamage(err); damage != nil && !damage.Flipped {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	r.reader.close()
	return false, nil
}

// finishUnborn reads the log without its unborn last segment, then makes that
// segment again. It is kept, not removed, because its name says that the one
// before it was synced whole.
func (r *recovery) finishUnborn(segs []segment) error {
	last := segs[len(segs)-1].first
	segs = segs[:len(segs)-1]
	if len(segs) > 0 {
		if err := r.read(segs, last); err != nil {
			return err
		}
	} else if last != 1 || r.from > 1 {
		// Older segments are removed only after the newer one was synced, so
		// this one had a good header once.
		return &CorruptionError{Damage: Damage{File: segmentName(last), LSN: last,
			Reason: "the only segment has no good header"}}
	}
	r.log.segs = segs
	return r.begin(last)
}

// settle makes what the last segment holds durable before it is read: its owner
// may store elsewhere what it learns from replay, and where to begin the next.
func (r *recovery) settle(last segment) error {
	f, err := r.log.fs.OpenWrite(r.log.path(last.first))
	if err != nil {
		return fmt.Errorf("open segment for syncing: %w", err)
	}
	defer f.Close()
	if err := rewrite(f, last.size); err != nil {
		return fmt.Errorf("write segment %s again: %w", segmentName(last.first), err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync segment %s: %w", segmentName(last.first), err)
	}
	return nil
}

// rewrite writes the first size bytes of a file once more. What the owner before
// failed to sync is in the kernel's memory, where it can be read and passes for
// written, and on no disk: a sync without a write would report success.
func rewrite(f vfs.File, size int64) error {
	buf := make([]byte, min(size, readSize))
	for off := int64(0); off < size; {
		piece := buf[:min(size-off, int64(len(buf)))]
		if n, err := f.ReadAt(piece, off); n < len(piece) {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // it was longer when it was measured
			}
			return err
		}
		if err := writeAll(f, piece, off); err != nil {
			return err
		}
		off += int64(len(piece))
	}
	return nil
}

// begin ends recovery with a new, empty segment.
func (r *recovery) begin(first uint64) error {
	r.log.durable, r.log.flushed, r.log.next = first, first, first
	return r.log.create(first)
}

// resume opens the last segment for writing, cuts off what follows its records,
// and syncs the cut.
func (r *recovery) resume(segs []segment) error {
	l := r.log
	last := &segs[len(segs)-1]
	f, err := l.fs.OpenWrite(l.path(last.first))
	if err != nil {
		return fmt.Errorf("open segment for writing: %w", err)
	}
	last.size -= r.tail
	if err := r.keep(f, last); err != nil {
		f.Close()
		return err
	}
	if r.tail > 0 {
		if err := f.Truncate(last.size); err != nil {
			f.Close()
			return fmt.Errorf("cut tail of segment %s: %w", segmentName(last.first), err)
		}
	}
	l.segs, l.active = segs, f
	l.durable, l.flushed, l.next = r.end, r.end, r.end
	if err := l.syncActive(); err != nil {
		f.Close()
		return err
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		f.Close()
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
