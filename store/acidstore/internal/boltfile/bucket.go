package boltfile

import (
	"bytes"
	"fmt"
	"sort"
)

// Bucket is one bucket of a Reader.
type Bucket struct {
	// Sequence is the number that the bucket gave last.
	Sequence uint64

	r      *Reader
	root   uint64
	inline *node // instead of a root page
	top    bool  // the bucket that holds the others
}

// Leaf is a leaf with all keys of its bucket from its first one up to Bound, which
// is nil at the bucket's end.
type Leaf struct {
	Bound []byte

	x    *node
	path []step // the branches that led here
	room [3]step
}

// step is an element of a branch on the way to a leaf.
type step struct {
	x     *node
	i     int
	bound []byte // of the branch
}

// Leaf returns the leaf that has the key, or would have it. The error is a *Damage.
func (b *Bucket) Leaf(key []byte) (*Leaf, error) { return b.find(key, nil) }

// find is Leaf, which does not read a leaf that is known to be sound.
func (b *Bucket) find(key []byte, sound map[uint64]bool) (*Leaf, error) {
	if b.inline != nil {
		if err := b.inline.ordered(nil, nil); err != nil {
			return nil, err
		}
		return &Leaf{x: b.inline}, b.kinds(b.inline)
	}
	l := &Leaf{}
	l.path = l.room[:0]
	var first []byte
	for id := b.root; ; {
		if sound[id] {
			return l, nil
		}
		x, err := b.r.load(id, b.top, first, l.Bound)
		if err != nil {
			return nil, led(err, b.above(l))
		}
		if x.leaf {
			l.x = x
			return l, b.kinds(x)
		}
		if len(l.path) == maxDepth {
			return nil, x.damage("page %d lies too deep in the tree", id)
		}
		i, exact, err := x.search(key)
		if err != nil {
			return nil, err
		}
		if !exact && i > 0 {
			i--
		}
		l.path = append(l.path, step{x, i, l.Bound})
		if first, l.Bound, err = x.around(i, l.Bound); err != nil {
			return nil, err
		}
		id = x.child(i)
	}
}

// above returns where the page begins that leads to the next one on the way to a
// leaf, 0 for the outermost root.
func (b *Bucket) above(l *Leaf) int64 {
	switch {
	case len(l.path) > 0:
		return l.path[len(l.path)-1].x.at
	case b.top || b.r.roots == nil:
		return 0
	default:
		return int64(b.r.roots.page) * PageBytes
	}
}

// kinds checks that the values of a leaf are buckets in the outermost tree only.
func (b *Bucket) kinds(x *node) error {
	if b.top && x.buckets != x.n || !b.top && x.buckets != 0 {
		return x.damage("page %d: an element has a flag of another tree", x.id)
	}
	return nil
}

// search returns the first element whose key is not below the given one.
func (x *node) search(key []byte) (i int, exact bool, err error) {
	i = sort.Search(x.n, func(i int) bool {
		k, e := x.key(i)
		if e != nil {
			err = e
		}
		c := bytes.Compare(k, key)
		exact = exact || c == 0
		return c >= 0
	})
	return i, exact, err
}

// around returns the key of an element of a branch, and the one after it or else
// the given one.
func (x *node) around(i int, bound []byte) (first, next []byte, err error) {
	if first, err = x.key(i); err == nil && i+1 < x.n {
		bound, err = x.key(i + 1)
	}
	return first, bound, err
}

// Len returns how many entries the leaf has.
func (l *Leaf) Len() int { return l.x.n }

// Key returns the key of an entry.
func (l *Leaf) Key(i int) ([]byte, error) { return l.x.key(i) }

// Value returns the value of an entry.
func (l *Leaf) Value(i int) ([]byte, error) { return l.x.value(i) }

// ValueBytes returns how long the value of an entry is, without reading it.
func (l *Leaf) ValueBytes(i int) int64 { return l.x.element(i).value }

// Offset returns where in the file the value of an entry lies.
func (l *Leaf) Offset(i int) int64 {
	e := l.x.element(i)
	return l.x.at + e.pos + e.key
}

// Page returns where in the file the leaf begins.
func (l *Leaf) Page() int64 { return l.x.at }

// Search returns the first entry whose key is not below the given one.
func (l *Leaf) Search(key []byte) (i int, exact bool, err error) { return l.x.search(key) }

// ZeroRest returns a *Damage unless the unused rest of the leaf and of the branches
// that led to it is zero.
func (l *Leaf) ZeroRest() error {
	for _, s := range l.path {
		if err := s.x.zeroRest(); err != nil {
			return err
		}
	}
	if l.x.id == 0 {
		return nil
	}
	return l.x.zeroRest()
}

// Vouch looks at the pages that bbolt reads, and frees, when it changes what is
// under the key. With remove it also looks at those beside them, with which it may
// merge them.
func (b *Bucket) Vouch(key []byte, remove bool) error {
	if b.r.sound == nil {
		b.r.sound = make(map[uint64]bool)
	}
	l, err := b.find(key, b.r.sound)
	if err != nil {
		return err
	}
	if l.x != nil {
		b.r.sound[l.x.id] = true
	}
	for _, s := range l.path {
		if !remove {
			break
		}
		for _, i := range []int{s.i - 1, s.i + 1} {
			if i < 0 || i >= s.x.n || b.r.sound[s.x.child(i)] {
				continue
			}
			first, bound, err := s.x.around(i, s.bound)
			if err != nil {
				return err
			}
			if _, err := b.r.load(s.x.child(i), b.top, first, bound); err != nil {
				return fmt.Errorf("beside the page in use: %w", err)
			}
			b.r.sound[s.x.child(i)] = true
		}
	}
	return nil
}

// VouchAll looks at all pages of the bucket.
func (b *Bucket) VouchAll() error {
	for from := []byte(nil); ; {
		l, err := b.Leaf(from)
		if err != nil {
			return err
		}
		if from = l.Bound; from == nil {
			return nil
		}
	}
}
