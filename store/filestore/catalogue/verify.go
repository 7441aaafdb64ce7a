package catalogue

import (
	"bytes"
	"context"
	"errors"
	"path"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Verify reads every byte of the catalogue as it is now and checks checksums,
// the order of keys, and that index, filter and counts agree with the entries.
// It calls report, from this goroutine, for each damaged part, a part that the
// disk refuses to read among them, and goes on with the next. After each part it
// calls pace with the part's size, unless pace is nil; its error ends Verify. The
// error is that, ctx's, looked at before every block, or ErrClosed; damage alone is
// no error. Verify takes memory for the index and filter of one table at a time.
func (c *Catalogue) Verify(ctx context.Context, report func(*CorruptionError), pace func(bytes int) error) error {
	if pace == nil {
		pace = func(int) error { return nil }
	}
	s := c.acquire()
	if s == nil {
		return ErrClosed
	}
	defer s.release()
	// The manifest may be replaced meanwhile, but is whole at any moment.
	if _, err := readManifest(c.fs, c.dir); err != nil {
		report(asCorruption(path.Join(c.dir, manifestName), 0, err))
	}
	for _, t := range s.tables {
		v := verifier{table: t, report: report, pace: pace}
		if err := v.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// asCorruption makes any failure a report: a sector that cannot be read is as
// lost as one that reads wrong.
func asCorruption(file string, offset int64, err error) *CorruptionError {
	if damaged, ok := errors.AsType[*CorruptionError](err); ok {
		return damaged
	}
	return &CorruptionError{File: file, Offset: offset, Reason: err.Error()}
}

// verifier walks one table.
type verifier struct {
	table  *table
	report func(*CorruptionError)
	pace   func(bytes int) error

	buf        []byte
	entries    uint64
	tombstones uint64
	blockSum   uint32
	damaged    bool
}

func (v *verifier) run(ctx context.Context) error {
	t := v.table
	// What Open read may have gone bad on the disk since.
	vfs.DropCached(t.file, 0, 0)
	if _, err := readMeta(t.file, t.name, t.ref); err != nil {
		v.fail(0, err)
	}
	if err := v.pace(int(t.ref.size - t.foot.indexAt)); err != nil {
		return err
	}
	for i := range t.index.blocks() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.block(i); err != nil {
			v.fail(t.index.position(i), err)
		}
		if err := v.pace(len(v.buf)); err != nil {
			return err
		}
	}
	if !v.damaged {
		v.totals()
	}
	return nil
}

// totals compares what the footer says of all blocks, each of them whole.
func (v *verifier) totals() {
	foot, at := v.table.foot, v.table.ref.size-footerLen
	if v.entries != foot.entries || v.tombstones != foot.tombstones {
		v.fail(at, damage("footer counts do not match the entries"))
	}
	if v.blockSum != foot.blockSum {
		v.fail(at, damage("blocks are not those that the footer was written for"))
	}
}

func (v *verifier) fail(offset int64, err error) {
	v.damaged = true
	v.report(asCorruption(v.table.name, offset, err))
}

// block checks block i alone. That its keys lie between two separators puts
// them in order with the other blocks too.
func (v *verifier) block(i int) error {
	entries, buf, err := v.table.readBlock(i, v.buf)
	v.buf = buf
	if err != nil {
		return err
	}
	v.blockSum = addBlockSum(v.blockSum, buf)
	var dec blockDecoder
	dec.load(entries)
	for {
		ok, err := dec.next()
		if err != nil || !ok {
			return err
		}
		if err := v.entry(i, dec.current); err != nil {
			return err
		}
	}
}

func (v *verifier) entry(block int, e entry) error {
	x := &v.table.index
	if bytes.Compare(e.key, x.separator(block)) < 0 {
		return damage("key is below its block's index record")
	}
	if block+1 < x.blocks() && bytes.Compare(e.key, x.separator(block+1)) >= 0 {
		return damage("key belongs into a later block")
	}
	if !v.table.bloom.has(hashKey(e.key)) {
		return damage("key is missing from the filter")
	}
	v.entries++
	if e.deleted {
		v.tombstones++
	}
	return nil
}
