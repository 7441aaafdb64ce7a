package catalogue

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync/atomic"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// table is an open table file. It is never changed, and may be read by many
// goroutines at once as long as each holds a reference to a snapshot with it.
type table struct {
	name string
	ref  tableRef
	file vfs.File
	tableMeta

	// refs counts the snapshots with this table; the last closes the file.
	refs atomic.Int32
}

// tableMeta is what a table keeps in memory.
type tableMeta struct {
	foot  footer
	index index
	bloom bloom
}

// openTable opens the table that a manifest names and reads its index and
// filter. The table starts with no references.
func openTable(fsys vfs.FS, dir string, ref tableRef) (*table, error) {
	name := path.Join(dir, tableName(ref.number))
	f, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, located(name, 0, damage("the manifest names it, but it is missing"))
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	t := &table{name: name, ref: ref, file: f}
	if t.tableMeta, err = readMeta(f, name, ref); err != nil {
		_ = f.Close()
		return nil, err
	}
	return t, nil
}

// readMeta reads and verifies everything in a table but its blocks. No part is
// allocated before its length is known to fit the file.
func readMeta(f vfs.File, name string, ref tableRef) (tableMeta, error) {
	size, err := f.Size()
	if err != nil {
		return tableMeta{}, fmt.Errorf("measure %s: %w", name, err)
	}
	if size != ref.size || size < headerLen+footerLen {
		return tableMeta{}, located(name, 0, damage("length does not match the manifest"))
	}
	var head [headerLen]byte
	if err := readFull(f, head[:], 0); err != nil {
		return tableMeta{}, located(name, 0, err)
	}
	if err := checkHeader(head[:], magicTable); err != nil {
		return tableMeta{}, located(name, 0, err)
	}
	foot, err := readFooter(f, ref)
	if err != nil {
		return tableMeta{}, located(name, ref.size-footerLen, err)
	}
	rawIndex, err := readSummed(f, foot.indexAt, foot.filterAt, foot.indexSum)
	if err != nil {
		return tableMeta{}, located(name, foot.indexAt, err)
	}
	x, err := decodeIndex(rawIndex, foot.blocks, foot.indexAt)
	if err != nil {
		return tableMeta{}, located(name, foot.indexAt, err)
	}
	filter, err := readSummed(f, foot.filterAt, ref.size-footerLen, foot.filterSum)
	if err != nil {
		return tableMeta{}, located(name, foot.filterAt, err)
	}
	return tableMeta{foot: foot, index: x, bloom: filter}, nil
}

func readFooter(f vfs.File, ref tableRef) (footer, error) {
	var b [footerLen]byte
	if err := readFull(f, b[:], ref.size-footerLen); err != nil {
		return footer{}, err
	}
	foot, err := decodeFooter(b[:], ref.size)
	if err != nil {
		return footer{}, err
	}
	if footerSum(b[:]) != ref.footer {
		return footer{}, damage("another table than the manifest names")
	}
	return foot, nil
}

// readSummed reads the bytes from one position to another, which lie within the
// file.
func readSummed(f vfs.File, from, to int64, sum uint32) ([]byte, error) {
	b := make([]byte, to-from)
	if err := readFull(f, b, from); err != nil {
		return nil, err
	}
	if checksum(b) != sum {
		return nil, damage("index or filter checksum does not match")
	}
	return b, nil
}

// readFull fills b from position off; a file that ends before is damage.
func readFull(f vfs.File, b []byte, off int64) error {
	n, err := f.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		return damage("file ends early")
	}
	return err
}

// readBlock reads and verifies block i with buf for space. It returns the
// block's entries and the buffer they lie in, which may have grown.
func (t *table) readBlock(i int, buf []byte) (entries, grown []byte, err error) {
	position, length := t.index.span(i)
	buf = slices.Grow(buf[:0], int(length))[:length]
	if err := readFull(t.file, buf, position); err != nil {
		return nil, buf, located(t.name, position, err)
	}
	entries, err = openBlock(buf, t.ref.number, position)
	if err != nil {
		return nil, buf, located(t.name, position, err)
	}
	return entries, buf, nil
}

// memory is the size of what t keeps in memory, in bytes.
func (t *table) memory() int64 {
	return int64(len(t.index.raw) + 4*len(t.index.starts) + len(t.bloom))
}

// release gives back one reference.
func (t *table) release() {
	if t.refs.Add(-1) == 0 {
		// Nothing was written through this descriptor, so nothing is lost
		// when closing it fails.
		_ = t.file.Close()
	}
}
