package acidstore

import (
	"errors"
	"fmt"
	"io"

	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// inspect opens the file, one of so many, for reading and looks whether it is whole, as far as that
// must be known before anything is served from it or changed in it. bbolt takes
// back the last transaction when its meta page is damaged, uses pages that are in
// use when the list of free ones is, and ends the process when it goes over damaged
// pages after a crash: what it would do is found out before.
//
// After an orderly end only the pages that lead to others are read. Leaves are
// verified when they are used.
func (sh *shard) inspect(shards int) error {
	info, err := sh.store.fs.Stat(sh.file)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errors.New("the file is empty")
	}
	sh.size.Store(info.Size())
	file, err := sh.store.fs.OpenWrite(sh.file)
	if err != nil {
		return err
	}
	sh.pages = file
	f := boltFile{src: sh.pages, size: info.Size()}
	if err := f.readMeta(); err != nil {
		return err
	}
	if err := f.readCrown(); err != nil {
		return err
	}
	sh.crown = f.crown
	sh.crown.Keep(keptPages / shards)
	if f.closedInOrder() {
		return nil
	}
	return f.verify()
}

// verifyAll goes over all pages of a file that nobody writes.
func (sh *shard) verifyAll() error {
	f := boltFile{src: sh.pages, size: sh.size.Load(), crown: sh.crown}
	if err := f.readMeta(); err != nil {
		return err
	}
	return f.verify()
}

// keptPages is how many pages that lead to others are kept in memory, of all
// shards together.
const keptPages = 4096

// boltFile is a file that is looked at before bbolt does.
type boltFile struct {
	src   io.ReaderAt
	size  int64
	metas *boltfile.Metas
	meta  *boltfile.Meta
	crown *boltfile.Crown
}

// readMeta finds the transaction that counts.
func (f *boltFile) readMeta() (err error) {
	if f.metas, err = boltfile.ReadMetas(f.src); err != nil {
		return err
	}
	if f.meta, err = f.metas.Newest(); err != nil {
		return err
	}
	if f.meta.Pages > uint64(f.size/pageBytes) {
		return &boltfile.Damage{Offset: f.size, Reason: fmt.Sprintf("the file ends at byte %d, want at least %d pages", f.size, f.meta.Pages)}
	}
	return nil
}

// readCrown compares the pages that lead to others, and the list of free ones, with
// what the process noted that wrote them.
func (f *boltFile) readCrown() (err error) {
	if f.crown, err = boltfile.NewCrown(f.src, f.meta); err != nil {
		return err
	}
	if _, sum := f.crown.Sum(); f.meta.Noted && sum != f.meta.Sum {
		return f.crown.Locate(f.src, f.meta.Sum)
	}
	return nil
}

// closedInOrder reports whether the file has a list of free pages that is known to
// be good.
func (f *boltFile) closedInOrder() bool {
	return f.meta.Noted && f.meta.Freelist != boltfile.NoFreelist
}

// reader reads the tree as the meta page has it; with a crown its pages have to be
// those of that.
func (f *boltFile) reader(crown *boltfile.Crown) (*boltfile.Reader, error) {
	r, err := boltfile.ReadAnew(f.src, f.meta, crown)
	if err != nil {
		return nil, err
	}
	return r, complete(r, f.meta.Root)
}

// complete checks that a tree has all buckets of a shard.
func complete(r *boltfile.Reader, root uint64) error {
	for _, b := range buckets {
		if !r.Has(b) {
			return &boltfile.Damage{Offset: int64(root) * pageBytes, Reason: fmt.Sprintf("it has no bucket %q: not a shard of weir, or damaged", b)}
		}
	}
	return nil
}

// verify goes over all pages and all keys, over the values of all buckets but that
// of the streams, and compares the list of free pages with the pages in use.
func (f *boltFile) verify() error {
	r, err := f.reader(f.crown)
	if err != nil {
		return err
	}
	census, err := boltfile.NewCensus(r, f.meta)
	if err != nil {
		return err
	}
	for _, b := range buckets {
		if err := verifyBucket(r, b, census); err != nil {
			return err
		}
	}
	return census.Compare(f.src)
}

// verifyBucket goes over the pages of one bucket, and over its values unless it is
// that of the streams: what is damaged there concerns one stream.
func verifyBucket(r *boltfile.Reader, bucket []byte, census *boltfile.Census) error {
	b := r.Bucket(bucket)
	entries := 0
	for from := []byte(nil); ; {
		l, err := b.Leaf(from)
		if err != nil {
			return err
		}
		if d := census.Add(l); d != nil {
			return d
		}
		if !isBucket(bucket, streamsBucket) && !isBucket(bucket, sourcesBucket) {
			if err := unsealLeaf(bucket, l); err != nil {
				return err
			}
		}
		entries += l.Len()
		if from = l.Bound; from == nil {
			break
		}
	}
	if !isBucket(bucket, namesBucket) {
		return nil
	}
	n, _, err := numberAt(r, aboutBucket, countKey)
	if err == nil && n != uint64(entries) {
		err = fmt.Errorf("%w: it has %d names, want %d", errDamaged, entries, n)
	}
	return err
}
