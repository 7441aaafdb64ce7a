package catalogue

import (
	"encoding/binary"
	"fmt"
	"path"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// tableWriter writes one table from entries in ascending key order. It holds a
// block, the index and the filter in memory. One goroutine uses it, and ends
// with finish or discard.
type tableWriter struct {
	fs         vfs.FS
	out        *sink
	blockBytes int

	block []byte // entries of the block being filled
	last  []byte // the key added last
	index []byte
	bloom bloom
	foot  footer
}

// createTable starts table number, which will hold at most keys entries, in
// blocks of about blockBytes.
func createTable(fsys vfs.FS, dir string, number, keys uint64, blockBytes int) (*tableWriter, error) {
	out, err := createSink(fsys, path.Join(dir, tableName(number)))
	if err != nil {
		return nil, err
	}
	w := &tableWriter{
		fs:         fsys,
		out:        out,
		blockBytes: blockBytes,
		bloom:      newBloom(keys),
		foot:       footer{number: number},
	}
	w.out.write(appendHeader(nil, magicTable))
	return w, nil
}

// add copies e. An error ends the table: discard it.
func (w *tableWriter) add(e entry) error {
	// The three numbers before an entry rarely take more than eight bytes; that
	// a block is now and then a little longer does not matter.
	size := len(e.key) - commonPrefix(w.last, e.key) + len(e.value) + 8
	if len(w.block) > 0 && len(w.block)+size > w.blockBytes {
		w.endBlock()
	}
	if len(w.block) == 0 {
		w.startBlock(e.key)
		w.last = w.last[:0]
	}
	w.block = appendEntry(w.block, w.last, e)
	w.last = append(w.last[:0], e.key...)
	w.bloom.add(hashKey(e.key))
	w.foot.entries++
	if e.deleted {
		w.foot.tombstones++
	}
	return w.out.err
}

// startBlock gives the block that key opens its index record.
func (w *tableWriter) startBlock(key []byte) {
	sep := key[:0]
	if w.foot.blocks > 0 {
		sep = separator(w.last, key)
	}
	w.index = appendIndexRecord(w.index, w.out.offset(), sep)
	w.foot.blocks++
}

func (w *tableWriter) endBlock() {
	sum := blockChecksum(w.block, w.foot.number, w.out.offset())
	w.block = binary.LittleEndian.AppendUint32(w.block, sum)
	w.foot.blockSum = addBlockSum(w.foot.blockSum, w.block)
	w.out.write(w.block)
	w.block = w.block[:0]
}

// empty says that nothing was added, which makes no valid table.
func (w *tableWriter) empty() bool { return w.foot.entries == 0 }

// finish completes and syncs the file, but not its folder. When it fails the
// file is gone, unless the error matches ErrBroken.
func (w *tableWriter) finish() (tableRef, error) {
	w.endBlock()
	if len(w.index) > maxIndexLen {
		w.discard()
		return tableRef{}, fmt.Errorf("index of %s: %w", w.out.name, ErrTooLarge)
	}
	w.foot.indexAt = w.out.offset()
	w.foot.indexSum = checksum(w.index)
	w.out.write(w.index)
	w.foot.filterAt = w.out.offset()
	w.foot.filterSum = checksum(w.bloom)
	w.out.write(w.bloom)
	foot := w.foot.encode()
	w.out.write(foot)
	ref := tableRef{number: w.foot.number, size: w.out.offset(), footer: footerSum(foot)}
	return ref, w.out.finish(w.fs)
}

// discard removes the unfinished file.
func (w *tableWriter) discard() { w.out.discard(w.fs) }
