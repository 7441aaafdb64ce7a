package filestore

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"sync"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Bytes of a data file reach a reader as the kernel has them, often without
// passing through this process. So before the first of a run of them are handed
// out, the extents they lie in are read and held against their checksums. What
// was found good is remembered with the stream while it is in memory.

// openVerified opens the data file for reading the bytes from one position to
// another, which are those that were written. An error that is not the disk's or
// the process's own is a *store.CorruptionError.
func (h *handle) openVerified(from, to int64) (vfs.File, error) {
	f, err := h.store.fs.Open(dataFile(h.meta.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, h.damaged(from, "the file is missing")
	}
	if err != nil {
		return nil, fmt.Errorf("open data file: %w", err)
	}
	if err := h.verify(f, from, to); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// damaged is the damage of the data file at a position of the stream.
func (h *handle) damaged(pos int64, reason string) error {
	return &store.CorruptionError{
		File: dataFile(h.meta.ID), Stream: h.meta.Name, Offset: pos - h.meta.Base(), Reason: reason,
	}
}

// verify reads the extents between two positions that are not known to be good.
// Of many readers of one stream one does, and the others wait for it.
func (h *handle) verify(f vfs.File, from, to int64) error {
	state, known := vfs.StateOf(f)
	if known && h.isGood(state, from, to) {
		return nil
	}
	h.verifying.Lock()
	defer h.verifying.Unlock()
	it := h.store.cat.Scan(extentKey(h.meta.ID, from+1), extentKey(h.meta.ID+1, 0))
	defer it.Close()
	for pos := from; pos < to; {
		x, err := h.nextExtent(it, pos)
		if err != nil {
			return err
		}
		pos = x.end
		if known && h.isGood(state, x.start, x.end) {
			continue
		}
		if reason := h.checkExtent(f, x); reason != "" {
			return h.damaged(x.start, reason)
		}
		if known {
			h.noteGood(state, x)
		}
	}
	return nil
}

func (h *handle) isGood(state vfs.State, from, to int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.good.has(state, from, to)
}

func (h *handle) noteGood(state vfs.State, x *extent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.good.add(state, x.start, x.end)
}

// checkExtent returns what is wrong with an extent, or "". One that the disk does
// not give is as lost as one that reads wrong.
func (h *handle) checkExtent(f vfs.File, x *extent) (reason string) {
	reason, err := checkExtent(f, h.meta.Base(), x, nil)
	if err != nil {
		return err.Error()
	}
	return reason
}

// nextExtent takes the extent that holds a position, which the walk comes to.
func (h *handle) nextExtent(it *catalogue.Iterator, pos int64) (*extent, error) {
	if !it.Next() {
		if err := it.Err(); err != nil {
			return nil, fmt.Errorf("find extent: %w", inCatalogue(err, h.meta.Name))
		}
		return nil, h.damaged(pos, unknownExtent(pos))
	}
	_, end := extentOwner(it.Key())
	x, err := decodeExtent(end, it.Value())
	if err != nil {
		return nil, h.damaged(pos, err.Error())
	}
	if pos < x.start {
		return nil, h.damaged(pos, unknownExtent(pos))
	}
	return x, nil
}

// verifyBuffer is how much of a file is read at once.
const verifyBuffer = 256 << 10

var verifyBuffers = sync.Pool{New: func() any { return new([verifyBuffer]byte) }}

// errUnread says that the disk does not give what is in a file.
var errUnread = errors.New("cannot be read")

// checkExtent reads an extent of a data file that begins with position base, and
// calls pace, unless it is nil, after each part. The reason is what is wrong with
// the bytes, or "". The error is pace's or matches errUnread.
func checkExtent(f io.ReaderAt, base int64, x *extent, pace func(bytes int) error) (reason string, err error) {
	buf := verifyBuffers.Get().(*[verifyBuffer]byte)
	defer verifyBuffers.Put(buf)
	sum := uint32(0)
	for pos := x.start; pos < x.end; {
		piece := buf[:min(x.end-pos, verifyBuffer)]
		n, err := f.ReadAt(piece, pos-base)
		if n < len(piece) {
			if err == nil || errors.Is(err, io.EOF) {
				return "the file is too short", nil
			}
			return "", fmt.Errorf("%w: %w", errUnread, err)
		}
		if pace != nil {
			if err := pace(n); err != nil {
				return "", err
			}
		}
		sum = crc32.Update(sum, castagnoli, piece)
		pos += int64(n)
	}
	if sum != x.sum {
		return "the checksum does not match", nil
	}
	return "", nil
}
