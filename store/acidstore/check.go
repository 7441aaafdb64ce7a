package acidstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Check verifies the store in dir while no process has it open, and changes
// nothing. It looks at every page of every shard that counts, at every value, and
// whether they agree with one another. What it finds goes to o.Report, from the
// goroutine that called; o.Pace is called as by Scrub.
//
// The error says that the check could not be made or was ended: ErrNoStore for a
// directory without a store, store.ErrInUse while a process uses it, or that of
// the context. Damage is no error.
func Check(ctx context.Context, dir string, o store.ScrubOptions) error {
	w, err := newOffline(dir, vfs.OS(dir), usualPace(), nil)
	if err != nil {
		return err
	}
	defer w.lock.Close()
	c := checker{ctx: ctx, fs: w.fs, o: o, shards: w.now.shards}
	defer c.close()
	for _, old := range w.older {
		c.note(old.dir(), "left by a reshard that was cut short after its end; may be removed")
	}
	if _, err := w.fs.Stat(building); err == nil {
		c.note(building, "left by work that was cut short; the next such work removes it")
	}
	for i := range w.now.shards {
		if err := c.shard(w.now.file(i), i); err != nil {
			return err
		}
	}
	if c.found > 0 {
		return nil // what is damaged agrees with nothing
	}
	return c.agree()
}

// checker looks at the files of one generation.
type checker struct {
	ctx    context.Context
	fs     vfs.FS
	o      store.ScrubOptions
	shards int

	files []*checked // those that could be read
	found int
}

// checked is one file that is open.
type checked struct {
	boltFile
	*examiner
	index  int
	record shardRecord
	file   vfs.File
}

func (c *checker) close() {
	for _, f := range c.files {
		f.file.Close()
	}
}

// note reports what does no harm.
func (c *checker) note(file, what string) {
	if c.o.Report != nil {
		c.o.Report(store.CorruptionError{File: file, Offset: -1, Reason: what, Note: true})
	}
}

// shard looks at one file by itself.
func (c *checker) shard(name string, index int) error {
	x := newExaminer(c.ctx, name, c.o)
	defer func() { c.found += x.found }()
	file, err := c.fs.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("the file is missing")
	}
	if err != nil {
		x.damage("", err)
		return nil
	}
	f := &checked{boltFile: boltFile{src: file}, examiner: x, index: index, file: file}
	c.files = append(c.files, f)
	if f.size, err = file.Size(); err != nil {
		x.damage("", err)
		return nil
	}
	if err := f.whole(); err != nil || x.found > 0 {
		return err
	}
	if err := f.identify(c); err != nil {
		x.damage("", err)
	}
	return nil
}

// whole looks at all pages and all values, and reports what is damaged. The error
// is one of those that end an examiner.
func (f *checked) whole() error {
	if err := f.structure(); err != nil {
		f.damage("", err)
		return nil
	}
	// Pages below damaged ones are not counted.
	if err := f.all(); err != nil || f.found > 0 {
		return err
	}
	if err := f.census.Compare(f.src); err != nil {
		f.damage("", err)
	}
	return nil
}

// structure looks at the pages that lead to others. Unless it fails the rest of
// the file can be looked at.
func (f *checked) structure() error {
	err := f.readMeta()
	if f.metas != nil {
		for _, d := range f.metas.Damage() {
			f.damage("", d)
		}
	}
	if err != nil {
		return err
	}
	// What is not as it was noted may all the same be read.
	if err := f.readCrown(); err != nil {
		f.damage("", err)
	}
	r, err := f.reader(nil)
	if err != nil {
		return err
	}
	f.view = func(do func(*boltfile.Reader) error) error { return do(r) }
	f.census, err = boltfile.NewCensus(r, f.meta)
	return err
}

// identify compares what the file says of itself with its place and with the
// others.
func (f *checked) identify(c *checker) error {
	return f.view(func(r *boltfile.Reader) (err error) {
		if f.record, err = readRecord(r); err != nil {
			return err
		}
		if f.record.index != f.index || f.record.shards != c.shards {
			return fmt.Errorf("it is shard %d of %d: files were mixed up", f.record.index, f.record.shards)
		}
		if first := c.files[0].record; first.storeID != f.record.storeID {
			return fmt.Errorf("it belongs to another store than shard %d", first.index)
		}
		return nil
	})
}
