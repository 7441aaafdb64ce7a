package filestore

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// dataCopy reads a stream's data file up to where a state of the catalogue knows
// it, and verifies each extent of it on the way. One goroutine uses it.
type dataCopy struct {
	m    *store.Meta
	file vfs.File
	it   *catalogue.Iterator // of the extents to come

	pos, end int64 // in the stream; end is that of the present extent
	start    int64 // of the present extent
	want     uint32
	sum      uint32
}

// openData opens the data file of a stream, which may have been deleted since.
func (st *still) openData(m *store.Meta) (*dataCopy, error) {
	f, err := st.s.fs.Open(dataFile(m.ID))
	if errors.Is(err, fs.ErrNotExist) {
		f, err = st.s.fs.Open(keptFile(m.ID))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &store.CorruptionError{File: dataFile(m.ID), Stream: m.Name, Offset: -1, Reason: "the file is missing"}
	}
	if err != nil {
		return nil, fmt.Errorf("open data file: %w", err)
	}
	it := st.view.Scan(extentKey(m.ID, 0), extentKey(m.ID+1, 0))
	return &dataCopy{m: m, file: f, it: it, pos: m.Base(), end: m.Base()}, nil
}

func (d *dataCopy) close() {
	d.it.Close()
	d.file.Close()
}

// Read implements io.Reader. The last bytes of an extent come only when all of it
// is well.
func (d *dataCopy) Read(p []byte) (int, error) {
	if d.pos == d.end {
		if err := d.next(); err != nil {
			return 0, err
		}
	}
	p = p[:min(int64(len(p)), d.end-d.pos)]
	n, err := d.file.ReadAt(p, d.pos-d.m.Base())
	switch {
	case n == len(p):
	case errors.Is(err, io.EOF):
		return 0, d.damage("the file is too short")
	default:
		return 0, fmt.Errorf("read data file: %w", err)
	}
	d.pos += int64(n)
	if d.sum = crc32.Update(d.sum, castagnoli, p); d.pos == d.end && d.sum != d.want {
		return 0, d.damage("the checksum does not match")
	}
	return n, nil
}

// next begins with the following extent. At the end of the stream it returns
// io.EOF.
func (d *dataCopy) next() error {
	d.start, d.sum = d.end, 0
	if !d.it.Next() {
		if err := d.it.Err(); err != nil {
			return fmt.Errorf("find extents: %w", err)
		}
		if d.pos < d.m.Tail {
			return missingExtent(d.m.ID, d.pos)
		}
		return io.EOF
	}
	_, end := extentOwner(d.it.Key())
	x, err := decodeExtent(end, d.it.Value())
	if err != nil {
		return &store.CorruptionError{File: catalogueDir, Stream: d.m.Name, Offset: -1, Reason: err.Error()}
	}
	if x.start != d.pos || x.end > d.m.Tail {
		return missingExtent(d.m.ID, d.pos)
	}
	d.end, d.want = x.end, x.sum
	return nil
}

func (d *dataCopy) damage(reason string) error {
	return &store.CorruptionError{File: dataFile(d.m.ID), Stream: d.m.Name, Offset: d.start - d.m.Base(), Reason: reason}
}
