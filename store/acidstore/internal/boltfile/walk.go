package boltfile

import (
	"errors"
	"fmt"
	"io"
)

// Walk calls f for each leaf of the bucket, from the one that has the key from on,
// until f returns false, and bad for each damaged page.
func (b *Bucket) Walk(from []byte, f func(*Leaf) bool, bad func(*Damage)) {
	for {
		l, err := b.Leaf(from)
		if err != nil {
			d, ok := errors.AsType[*Damage](err)
			if !ok {
				d = &Damage{Offset: -1, Reason: err.Error()}
			}
			bad(d)
			if from = d.Next; from == nil {
				return
			}
			continue
		}
		if !f(l) || l.Bound == nil {
			return
		}
		from = l.Bound
	}
}

// A Census counts the pages of a file: each is either part of one tree, or free.
type Census struct {
	used  []uint64 // one bit for each page
	pages uint64
	m     *Meta
}

// NewCensus begins a count, with the pages of the outermost tree.
func NewCensus(r *Reader, m *Meta) (*Census, error) {
	c := &Census{used: make([]uint64, m.Pages/64+1), pages: m.Pages, m: m}
	top := &Bucket{r: r, root: m.Root, top: true}
	var first *Damage
	note := func(d *Damage) {
		if d != nil && first == nil {
			first = d
		}
	}
	top.Walk(nil, func(l *Leaf) bool { note(c.Add(l)); return true }, note)
	if first != nil {
		return nil, first
	}
	return c, nil
}

// Add counts a leaf, and the branches of which it is the first one. It returns what
// is wrong if one of their pages was counted before.
func (c *Census) Add(l *Leaf) (twice *Damage) {
	if l.x.id == 0 {
		return nil
	}
	twice = c.add(l.x)
	for i := len(l.path) - 1; i >= 0 && l.path[i].i == 0; i-- {
		if d := c.add(l.path[i].x); d != nil {
			twice = d
		}
	}
	return twice
}

func (c *Census) add(x *node) (twice *Damage) {
	for id := x.id; id <= x.id+uint64(x.over); id++ {
		if c.Used(id) {
			twice = x.damage("page %d is part of two trees", id)
		}
		c.used[id/64] |= 1 << (id % 64)
	}
	return twice
}

// Used reports whether a page was counted.
func (c *Census) Used(id uint64) bool { return c.used[id/64]&(1<<(id%64)) != 0 }

// Compare returns what is wrong with the list of free pages, if the file has one
// and every page of every tree was counted.
func (c *Census) Compare(src io.ReaderAt) error {
	if c.m.Freelist == NoFreelist {
		return nil
	}
	l, err := readFreelist(src, c.m.Freelist, c.pages)
	if err != nil {
		return err
	}
	free := make([]uint64, len(c.used))
	at := int64(c.m.Freelist) * PageBytes
	for _, id := range l.ids {
		if id < 2 || id >= c.pages || free[id/64]&(1<<(id%64)) != 0 {
			return &Damage{Offset: at, Reason: fmt.Sprintf("the list of free pages: page %d does not exist, or is there twice", id)}
		}
		free[id/64] |= 1 << (id % 64)
	}
	for id := range l.own {
		id += c.m.Freelist
		free[id/64] |= 1 << (id % 64)
	}
	for id := uint64(2); id < c.pages; id++ {
		if c.Used(id) == (free[id/64]&(1<<(id%64)) != 0) {
			return &Damage{Offset: at, Reason: fmt.Sprintf("the list of free pages: page %d is free and in use, or neither", id)}
		}
	}
	return nil
}
