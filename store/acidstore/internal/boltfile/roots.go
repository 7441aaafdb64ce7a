package boltfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// roots is where the buckets of a transaction begin. It is never changed.
type roots struct {
	page    uint64 // the root of the outermost tree
	pages   []topPage
	buckets []bucketRoot
}

// topPage is a page of the outermost tree, with all that is in it.
type topPage struct {
	at, bytes int64
	crc       uint32
}

// bucketRoot is where a bucket begins.
type bucketRoot struct {
	name     []byte
	page     uint64
	sequence uint64
	inline   node // instead of a page, which is 0
}

// of returns where a bucket begins, or nil.
func (o *roots) of(name []byte) *bucketRoot {
	for i := range o.buckets {
		if bytes.Equal(o.buckets[i].name, name) {
			return &o.buckets[i]
		}
	}
	return nil
}

// same reports whether the outermost tree is still, to the bit, what it was.
func (o *roots) same(src io.ReaderAt, page uint64) bool {
	if o == nil || o.page != page {
		return false
	}
	for _, p := range o.pages {
		b, err := part(src, p.at, p.bytes)
		if err != nil || crc32.Checksum(b, castagnoli) != p.crc {
			return false
		}
	}
	return true
}

// readRoots reads where the buckets begin.
func (r *Reader) readRoots(root uint64) error {
	r.roots = &roots{page: root}
	top := &Bucket{r: r, root: root, top: true}
	for from := []byte(nil); ; {
		l, err := top.Leaf(from)
		if err != nil {
			return err
		}
		for i := len(l.path) - 1; i >= 0 && l.path[i].i == 0; i-- {
			r.roots.addPage(l.path[i].x)
		}
		if err := r.roots.addLeaf(l.x); err != nil {
			return err
		}
		if from = l.Bound; from == nil {
			return nil
		}
	}
}

func (o *roots) addPage(x *node) {
	o.pages = append(o.pages, topPage{at: x.at, bytes: int64(len(x.b)), crc: crc32.Checksum(x.b, castagnoli)})
}

// addLeaf adds the buckets in a leaf of the outermost tree. They outlast the leaf.
func (o *roots) addLeaf(leaf *node) error {
	o.addPage(leaf)
	x := *leaf
	x.b = bytes.Clone(x.b[:x.size])
	o.buckets = slices.Grow(o.buckets, x.n)
	for i := range x.n {
		if err := o.addBucket(&x, i); err != nil {
			return err
		}
	}
	return nil
}

func (o *roots) addBucket(x *node, i int) error {
	name, err := x.key(i)
	if err != nil {
		return err
	}
	v, err := x.value(i)
	if err != nil {
		return err
	}
	e := x.element(i)
	at := x.at + e.pos + e.key
	if e.flags != bucketFlag || len(v) < bucketBytes {
		return &Damage{Offset: at, Reason: fmt.Sprintf("%.20q is no bucket", name)}
	}
	b := bucketRoot{name: name, page: binary.LittleEndian.Uint64(v), sequence: binary.LittleEndian.Uint64(v[8:])}
	if b.page == 0 {
		if b.inline, err = inline(v[bucketBytes:], at+bucketBytes); err != nil {
			return err
		}
	} else if len(v) != bucketBytes {
		return &Damage{Offset: at, Reason: fmt.Sprintf("bucket %.20q has a page, and something else", name)}
	}
	o.buckets = append(o.buckets, b)
	return nil
}

// inline is the leaf of a bucket that is small enough to be part of the value.
func inline(b []byte, at int64) (node, error) {
	x, wrong := parse(0, at, b)
	if wrong == "" && (!x.leaf || x.over != 0 || x.size != int64(len(b))) {
		wrong = "a small bucket is not a leaf of its size"
	}
	if wrong != "" {
		return node{}, &Damage{Offset: at, Reason: wrong}
	}
	return x, nil
}
