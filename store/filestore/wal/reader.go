package wal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// readSize is how much of a segment, in bytes, is read at once.
const readSize = 512 << 10

// reader reads one segment after another, keeping its buffers.
type reader struct {
	fs      vfs.FS
	dir     string
	storeID [16]byte
	seed    uint32
	in      *bufio.Reader // nil before the first segment
	payload []byte        // of the record read last
	head    [headerSize]byte

	// The open segment.
	file vfs.File
	name string
	size int64  // bytes when it was opened; later growth is not seen
	off  int64  // end of the last good record
	next uint64 // LSN expected at off
}

func newReader(fs vfs.FS, dir string, storeID [16]byte) *reader {
	return &reader{fs: fs, dir: dir, storeID: storeID, seed: recordSeed(storeID)}
}

// open starts on a segment and reads its header. The reader must be closed
// when this succeeds, and need not be otherwise.
func (r *reader) open(first uint64) error {
	r.name, r.off, r.next = segmentName(first), 0, first
	f, err := r.fs.Open(path.Join(r.dir, r.name))
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	r.file = f
	if err := r.start(first); err != nil {
		f.Close()
		return err
	}
	return nil
}

func (r *reader) close() { r.file.Close() }

func (r *reader) start(first uint64) error {
	size, err := r.file.Size()
	if err != nil {
		return r.readError(err)
	}
	r.size = size
	r.readFrom(io.NewSectionReader(r.file, 0, size))
	header := r.head[:min(size, headerSize)]
	if _, err := io.ReadFull(r.in, header); err != nil {
		return r.readError(err)
	}
	version, storeID, named, err := parseHeader(header)
	switch {
	case err != nil && r.headerFlipped(header, first):
		return r.flipped("segment header has one flipped bit", nil)
	case errors.Is(err, errUnknownVersion):
		return &VersionError{File: r.name, Version: version}
	case err != nil:
		return r.damage(err.Error())
	case storeID != r.storeID:
		return fmt.Errorf("%s: %w", r.name, ErrForeign)
	case named != first:
		return r.damage(fmt.Sprintf("the header says the first record is %d", named))
	}
	r.off = headerSize
	return nil
}

// readFrom points the buffered input at the segment. The buffer is no larger
// than the largest segment seen needs.
func (r *reader) readFrom(segment *io.SectionReader) {
	if want := int(min(segment.Size(), readSize)); r.in == nil || r.in.Size() < want {
		r.in = bufio.NewReaderSize(segment, want)
		return
	}
	r.in.Reset(segment)
}

// again goes on with reading at r.off, after a damaged record.
func (r *reader) again() { r.readFrom(io.NewSectionReader(r.file, r.off, r.size-r.off)) }

// record reads the next record. The payload is valid until the next call. At
// the end of the segment the error is io.EOF; a *CorruptionError says that what
// is at r.off is not the record r.next, and ends the reading.
func (r *reader) record() (lsn uint64, payload []byte, err error) {
	left := r.size - r.off
	switch {
	case left == 0:
		return 0, nil, io.EOF
	case left < recordHeaderSize:
		return 0, nil, r.damage(fmt.Sprintf("%d bytes are too few for a record header", left))
	}
	var b [recordHeaderSize]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		return 0, nil, r.readError(err)
	}
	h := readRecordHeader(b[:])
	switch {
	case !headerIntact(b[:], r.seed):
		return 0, nil, r.damage("record header has a wrong checksum")
	case h.lsn != r.next:
		return 0, nil, r.damage(fmt.Sprintf("record %d is in this place", h.lsn))
	case h.length > maxPayload || int64(h.length) > left-recordHeaderSize:
		return 0, nil, r.damage(fmt.Sprintf("payload of %d bytes is cut short", h.length))
	}
	r.payload = slices.Grow(r.payload[:0], int(h.length))[:h.length]
	if _, err := io.ReadFull(r.in, r.payload); err != nil {
		return 0, nil, r.readError(err)
	}
	if checksum(r.payload) != h.payloadSum {
		return 0, nil, r.damage("payload has a wrong checksum")
	}
	r.off += recordHeaderSize + int64(h.length)
	r.next++
	return h.lsn, r.payload, nil
}

// each calls visit for every record of the open segment until one is damaged,
// cannot be read, or visit fails. It returns nil at the end of the records: that
// of the segment, or where only zeros follow, which are written ahead.
func (r *reader) each(visit func(lsn uint64, payload []byte) error) error {
	for {
		lsn, payload, err := r.record()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if asDamage(err) != nil {
			if zero, readErr := r.onlyZeros(); zero || readErr != nil {
				return readErr
			}
		}
		if err != nil {
			return err
		}
		if err := visit(lsn, payload); err != nil {
			return err
		}
	}
}

// onlyZeros reports whether the segment has nothing but zeros from r.off on.
func (r *reader) onlyZeros() (bool, error) {
	buf := make([]byte, min(readSize, r.size-r.off))
	for off := r.off; off < r.size; {
		piece := buf[:min(int64(len(buf)), r.size-off)]
		if n, err := r.file.ReadAt(piece, off); n < len(piece) {
			return false, r.readError(err)
		}
		if len(bytes.TrimLeft(piece, "\x00")) > 0 {
			return false, nil
		}
		off += int64(len(piece))
	}
	return true, nil
}

func (r *reader) damage(reason string) error {
	return &CorruptionError{Damage: Damage{File: r.name, Offset: r.off, LSN: r.next, Reason: reason}}
}

// flipped is the damage of a single bit, in a record with this payload.
func (r *reader) flipped(reason string, payload []byte) *CorruptionError {
	return &CorruptionError{
		Damage:  Damage{File: r.name, Offset: r.off, LSN: r.next, Reason: reason, Flipped: true},
		Payload: payload,
	}
}

// readError is for what the disk, not its content, is to blame. An early end
// is among that: the file was longer when it was opened. It is renamed here,
// because callers know io.EOF as a segment's good end.
func (r *reader) readError(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read segment %s: %w", r.name, err)
}
