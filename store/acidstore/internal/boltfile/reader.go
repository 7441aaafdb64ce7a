// Package boltfile reads bbolt's files with its own eyes. bbolt trusts its pages,
// which carry no checksum: a flipped bit makes it panic, run in circles, free a
// page that is in use, or give out what was replaced long ago. This package trusts
// nothing: a page must be just as bbolt writes it, and one that leads to others
// must be known by its checksum. Start with ReadMetas, Crown and Reader; values are
// the caller's to verify.
//
// All damage is a *Damage. Nothing here writes.
package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// A Reader reads the tree of one transaction. Bytes that it has given out are the
// caller's to look at until Release, or until the Map ends of which they are part.
// It is for one goroutine.
type Reader struct {
	src   io.ReaderAt
	pages uint64 // the file has so many, in this transaction
	txid  uint64
	crown *Crown // nil when nothing is known of the pages

	roots    *roots
	anew     bool             // nothing comes from memory
	branches map[uint64]*node // those that were read anew
	sound    map[uint64]bool  // the leaves that Vouch has looked at
	leaf     *node            // read last
	lent     []*pageBuffer    // what pages were read into
}

// maxDepth is deeper than any tree can be.
const maxDepth = 40

// NewReader reads which buckets there are in the tree of a transaction. With a crown
// every page that leads to others must be in it; what that has in memory is not
// read from the file.
func NewReader(src io.ReaderAt, m *Meta, crown *Crown) (*Reader, error) {
	if !crown.has(m.Txid) {
		return ReadAnew(src, m, crown)
	}
	r := &Reader{src: src, pages: m.Pages, txid: m.Txid, crown: crown}
	if r.roots = crown.cachedRoots(m.Txid); r.roots != nil {
		return r, nil
	}
	if err := r.readRoots(m.Root); err != nil {
		return nil, err
	}
	crown.cacheRoots(m.Txid, r.roots)
	return r, nil
}

// ReadAnew is NewReader, and nothing comes from memory but what the file was
// compared with.
func ReadAnew(src io.ReaderAt, m *Meta, crown *Crown) (*Reader, error) {
	r := &Reader{src: src, pages: m.Pages, txid: m.Txid, crown: crown, anew: true}
	if r.roots = crown.cachedRoots(m.Txid); r.roots.same(src, m.Root) {
		return r, nil
	}
	if err := r.readRoots(m.Root); err != nil {
		return nil, err
	}
	return r, nil
}

// Bucket returns the bucket of this name, or nil.
func (r *Reader) Bucket(name []byte) *Bucket {
	root := r.roots.of(name)
	if root == nil {
		return nil
	}
	b := &Bucket{Sequence: root.sequence, r: r, root: root.page}
	if root.page == 0 {
		b.inline = &root.inline
	}
	return b
}

// Has reports whether there is a bucket of this name.
func (r *Reader) Has(name []byte) bool { return r.roots.of(name) != nil }

// load reads a page of a tree, the outermost one or that of a bucket. Its keys lie
// between first, with which it begins if that is given, and bound.
func (r *Reader) load(id uint64, top bool, first, bound []byte) (*node, error) {
	if x := r.branches[id]; x != nil {
		return x, nil
	}
	if r.leaf != nil && r.leaf.id == id {
		return r.leaf, nil
	}
	if !r.anew {
		if x := r.crown.cached(r.txid, id); x != nil {
			return x, nil
		}
	}
	x, err := r.read(id, top, first, bound)
	if err != nil {
		if d, ok := errors.AsType[*Damage](err); ok && d.Offset >= 0 {
			d.Next = bytes.Clone(bound)
		}
		return nil, err
	}
	r.keep(x, top)
	return x, nil
}

// keep has a page in memory for whoever comes to it again.
func (r *Reader) keep(x *node, top bool) {
	switch {
	case x.leaf && !top:
		r.leaf = x
	case x.leaf:
	case !r.anew:
		x.b = bytes.Clone(x.b)
		r.crown.cache(r.txid, x)
	default:
		if r.branches == nil {
			r.branches = make(map[uint64]*node)
		}
		r.branches[x.id] = x
	}
}

// read is load, from the file.
func (r *Reader) read(id uint64, top bool, first, bound []byte) (*node, error) {
	if x := r.vouched(id); x != nil {
		return x, x.between(first, bound)
	}
	at := int64(id) * PageBytes
	if id < 2 || id >= r.pages {
		return nil, &Damage{Offset: -1, Reason: fmt.Sprintf("a page leads to page %d, which does not exist", id)}
	}
	b, err := r.page(at)
	if err != nil {
		return nil, &Damage{Offset: at, Reason: fmt.Sprintf("page %d cannot be read: %v", id, unplaced(err))}
	}
	parsed, wrong := parse(id, at, b)
	x := &parsed
	switch {
	case wrong != "":
	case int64(x.over) != (x.size-1)/PageBytes:
		wrong = fmt.Sprintf("page %d says that %d pages follow as its part, want %d", id, x.over, (x.size-1)/PageBytes)
	case id+uint64(x.over) >= r.pages:
		wrong = fmt.Sprintf("page %d reaches beyond the last page", id)
	case x.n == 0 && (!x.leaf || first != nil):
		wrong = fmt.Sprintf("page %d is empty", id)
	}
	if wrong != "" {
		return nil, &Damage{Offset: at, Reason: wrong}
	}
	x.src = r.src
	if top || !x.leaf {
		if x.b, err = x.slice(0, (int64(x.over)+1)*PageBytes); err != nil {
			return nil, err
		}
		if err := r.crown.check(r.txid, x); err != nil {
			return nil, err
		}
	}
	return x, x.ordered(first, bound)
}

// pageBuffer is what a page is read into. Most readers need a few for microseconds.
type pageBuffer [PageBytes]byte

var pageBuffers = sync.Pool{New: func() any { return new(pageBuffer) }}

// maxLent is how many buffers a reader takes from those that are used again.
const maxLent = 8

// page reads one page, or the first one of those that belong together.
func (r *Reader) page(at int64) ([]byte, error) {
	if _, mapped := r.src.(Map); mapped || len(r.lent) == maxLent {
		return part(r.src, at, PageBytes)
	}
	b := pageBuffers.Get().(*pageBuffer)
	r.lent = append(r.lent, b)
	_, err := r.src.ReadAt(b[:], at)
	return b[:], err
}

// Release ends the reader, and with it all that it has given out.
func (r *Reader) Release() {
	for _, b := range r.lent {
		pageBuffers.Put(b)
	}
	r.lent, r.leaf, r.branches = nil, nil, nil
}

// unplaced is an error without the place of its file in the system.
func unplaced(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the file ends before it")
	}
	return err
}
