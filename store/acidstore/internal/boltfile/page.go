package boltfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A page begins with a header; those of the tree go on with elements, each of
// which says where its key and value are, and with the keys and values in the
// order of the elements, without a gap. All numbers are little endian.
//
//	header   id 8, kind 2, count 2, overflow 4: how many pages follow as its part
//	leaf     flags 4, position 4, length of the key 4, length of the value 4
//	branch   position 4, length of the key 4, page 8
//
// A position counts from its element. What follows the last value is zero.
const (
	// PageBytes is the size of a page.
	PageBytes = 4096

	headerBytes  = 16
	elementBytes = 16
	bucketBytes  = 16 // the root page and the sequence of a bucket

	kindBranch   = 1
	kindLeaf     = 2
	kindMeta     = 4
	kindFreelist = 16

	// bucketFlag marks an element of a leaf whose value is a bucket.
	bucketFlag = 1
	maxKey     = 32768
)

// Damage is a page, or a part of one, that is not as bbolt writes it.
type Damage struct {
	Offset int64 // in the file
	Reason string
	// Above is where the page begins that leads to the damaged one, or 0. When the
	// two do not fit, either may be wrong.
	Above int64

	// Below a damaged page lie keys up to Next; nil means up to the end of its
	// bucket.
	Next []byte
}

func (d *Damage) Error() string { return d.Reason }

// led notes in damage which page, at an offset in the file, led there.
func led(err error, above int64) error {
	if d, ok := errors.AsType[*Damage](err); ok && d.Above == 0 {
		d.Above = above
	}
	return err
}

// node is a page of the tree, or the part of a value that is one.
type node struct {
	id   uint64 // 0 within a value
	at   int64  // where it begins in the file
	b    []byte // what was read of it: all of a branch, and a leaf's elements
	size int64  // how much of it is used
	over uint32
	leaf bool
	n    int
	// buckets is how many elements are marked as buckets.
	buckets int
	src     io.ReaderAt
}

// parse looks at a node of which b is the beginning, and checks that its elements
// are where bbolt puts them. Keys and values need not be in b.
func parse(id uint64, at int64, b []byte) (x node, wrong string) {
	if len(b) < headerBytes {
		return x, "it is too short for a page"
	}
	got, kind, n, over := header(b)
	x = node{id: id, at: at, b: b, n: n, over: over}
	if got != id {
		return x, fmt.Sprintf("page %d says that it is page %d", id, got)
	}
	switch kind {
	case kindLeaf:
		x.leaf = true
	case kindBranch:
	default:
		return x, fmt.Sprintf("page %d is of kind %#x, want a branch or a leaf", id, kind)
	}
	if headerBytes+elementBytes*x.n > len(b) {
		return x, fmt.Sprintf("page %d has %d elements, more than it can hold", id, x.n)
	}
	x.size = int64(headerBytes + elementBytes*x.n)
	for i := range x.n {
		e := x.element(i)
		if e.pos != x.size {
			return x, fmt.Sprintf("page %d: element %d lies at %d, want %d", id, i, e.pos, x.size)
		}
		if e.key < 1 || e.key > maxKey || e.flags > bucketFlag {
			return x, fmt.Sprintf("page %d: element %d has lengths or flags that none has", id, i)
		}
		x.size += e.key + e.value
		x.buckets += int(e.flags)
	}
	return x, ""
}

// header takes the header of a page apart.
func header(b []byte) (id uint64, kind uint16, n int, over uint32) {
	return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint16(b[8:]),
		int(binary.LittleEndian.Uint16(b[10:])), binary.LittleEndian.Uint32(b[12:])
}

// element says where the key of an element begins, relative to the node, and how
// long it and the value are.
type element struct {
	flags           uint32
	pos, key, value int64
}

func (x *node) element(i int) element {
	at := headerBytes + elementBytes*i
	e := x.b[at : at+elementBytes : at+elementBytes]
	first, second := binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint32(e[4:])
	if !x.leaf {
		return element{0, int64(at) + int64(first), int64(second), 0}
	}
	return element{first, int64(at) + int64(second),
		int64(binary.LittleEndian.Uint32(e[8:])), int64(binary.LittleEndian.Uint32(e[12:]))}
}

// child is the page that an element of a branch leads to.
func (x *node) child(i int) uint64 {
	return binary.LittleEndian.Uint64(x.b[headerBytes+elementBytes*i+8:])
}

func (x *node) key(i int) ([]byte, error) {
	e := x.element(i)
	return x.slice(e.pos, e.key)
}

func (x *node) value(i int) ([]byte, error) {
	e := x.element(i)
	return x.slice(e.pos+e.key, e.value)
}

// slice returns a part of the node, which is read if it was not.
func (x *node) slice(from, n int64) ([]byte, error) {
	if from+n <= int64(len(x.b)) {
		return x.b[from : from+n : from+n], nil
	}
	b, err := part(x.src, x.at+from, n)
	if err != nil {
		return nil, x.damage("page %d cannot be read: %v", x.id, unplaced(err))
	}
	return b, nil
}

// ordered checks that the keys ascend, from first on if that is given, to below
// bound.
func (x *node) ordered(first, bound []byte) error {
	var last []byte
	for i := range x.n {
		e := x.element(i)
		k, err := x.slice(e.pos, e.key)
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(last, k) >= 0 {
			return x.disorder()
		}
		last = k
	}
	return x.between(first, bound)
}

// between checks the first and the last key of a node whose keys ascend.
func (x *node) between(first, bound []byte) error {
	if x.n == 0 {
		return nil
	}
	k, err := x.key(0)
	if err != nil {
		return err
	}
	if first != nil && !bytes.Equal(k, first) {
		return x.damage("page %d begins with another key than the page that leads to it says", x.id)
	}
	if k, err = x.key(x.n - 1); err != nil {
		return err
	}
	if bound != nil && bytes.Compare(k, bound) >= 0 {
		return x.disorder()
	}
	return nil
}

func (x *node) disorder() error { return x.damage("page %d: keys are out of order", x.id) }

// zeroRest checks what lies behind the last value.
func (x *node) zeroRest() error {
	n := (int64(x.over)+1)*PageBytes - x.size
	b, err := x.slice(x.size, n)
	if err != nil {
		return err
	}
	for i, c := range b {
		if c != 0 {
			d := x.damage("page %d: the unused rest is not zero", x.id)
			d.Offset = x.at + x.size + int64(i)
			return d
		}
	}
	return nil
}

func (x *node) damage(format string, args ...any) *Damage {
	return &Damage{Offset: x.at, Reason: fmt.Sprintf(format, args...)}
}
