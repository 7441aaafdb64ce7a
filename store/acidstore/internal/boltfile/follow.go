package boltfile

import (
	"encoding/binary"
	"fmt"
	"io"
)

// follow is one look at which pages lead to others. Pages that the transaction
// before had already are the same, with all below them: no transaction writes to
// a page that the one before it needs.
type follow struct {
	*undo
	r     Reader
	old   map[uint64]leader
	roots *roots // when the outermost tree is a new leaf
}

// Follow brings the crown to the transaction of m, the one after its own, by
// reading the pages that are new. One that it has come to already is passed over.
// With forget nobody reads an earlier one any more.
func (c *Crown) Follow(src io.ReaderAt, m *Meta, forget bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.root != 0 && m.Txid <= c.txid {
		return nil
	}
	f := follow{undo: c.spare.again(), r: Reader{src: src, pages: m.Pages, anew: true}, old: c.live}
	if err := f.top(m.Root, 0); err != nil {
		return err
	}
	free := uint64(0)
	if m.Freelist != NoFreelist {
		l, err := readFreelist(src, m.Freelist, m.Pages)
		if err != nil {
			return err
		}
		free = m.Freelist
		f.added[free] = leader{crc: l.crc}
	}
	if forget {
		clear(c.gone)
	}
	u := f.undo
	u.txid, u.root, u.sum, u.free, u.pages = c.txid, c.root, c.sum, c.free, c.pages
	c.remove(c.root, u)
	c.remove(c.free, u)
	for id, p := range f.added {
		c.live[id] = p
		c.sum += weight(id, p.crc)
	}
	c.txid, c.root, c.free, c.pages = m.Txid, m.Root, free, m.Pages
	c.undo, c.spare = u, c.undo
	c.kept.roots = f.roots
	return nil
}

// remove takes a page that is not live any more out, and those below it that are
// not.
func (c *Crown) remove(id uint64, u *undo) {
	p, live := c.live[id]
	if !live || u.kept[id] {
		return
	}
	delete(c.live, id)
	c.gone[id], u.removed[id] = p, p
	c.sum -= weight(id, p.crc)
	for _, below := range p.leaders {
		c.remove(below, u)
	}
}

// Undo takes back the last Follow.
func (c *Crown) Undo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.undo
	if u == nil || u.root == 0 {
		return
	}
	for id, p := range u.added {
		delete(c.live, id)
		c.gone[id] = p
	}
	for id, p := range u.removed {
		c.live[id] = p
	}
	c.txid, c.root, c.sum, c.free, c.pages, c.undo = u.txid, u.root, u.sum, u.free, u.pages, nil
	c.kept.roots = nil
}

// known reports whether a page was there before, and was met once more.
func (f *follow) known(id uint64) bool {
	_, known := f.old[id]
	if known {
		f.kept[id] = true
	}
	return known
}

// add notes a new page and what is below it.
func (f *follow) add(x *node, p leader) error {
	if _, twice := f.added[x.id]; twice {
		return x.damage("page %d is part of two trees", x.id)
	}
	p.crc = x.checksum()
	f.added[x.id] = p
	return nil
}

// top looks at a page of the outermost tree.
func (f *follow) top(id uint64, depth int) error {
	if f.known(id) {
		return nil
	}
	x, err := f.r.read(id, true, nil, nil)
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return x.damage("page %d lies too deep in the tree", id)
	}
	var p leader
	for i := range x.n {
		below := uint64(0)
		if !x.leaf {
			below = x.child(i)
			err = f.top(below, depth+1)
		} else {
			below, err = f.bucket(x, i, depth+1)
		}
		if err != nil {
			return led(err, x.at)
		}
		if below != 0 {
			p.leaders = append(p.leaders, below)
		}
	}
	if x.leaf && depth == 0 {
		f.roots = &roots{page: id}
		if err := f.roots.addLeaf(x); err != nil {
			return err
		}
	}
	return f.add(x, p)
}

// bucket looks at the tree of a bucket and returns its root, or 0 when that is a
// leaf.
func (f *follow) bucket(x *node, i, depth int) (uint64, error) {
	v, err := x.value(i)
	if err != nil {
		return 0, err
	}
	if len(v) < bucketBytes {
		return 0, x.damage("page %d: element %d is no bucket", x.id, i)
	}
	root := binary.LittleEndian.Uint64(v)
	if root == 0 {
		return 0, nil
	}
	branch, err := f.isBranch(x, root)
	if err != nil || !branch {
		return 0, err
	}
	_, err = f.branch(root, depth)
	return root, err
}

// isBranch looks at the kind of a page to which another leads.
func (f *follow) isBranch(above *node, id uint64) (bool, error) {
	if _, known := f.old[id]; known {
		return true, nil
	}
	at := int64(id) * PageBytes
	if id < 2 || id >= f.r.pages {
		return false, above.damage("page %d leads to page %d, which does not exist", above.id, id)
	}
	b, err := part(f.r.src, at, headerBytes)
	if err != nil {
		return false, &Damage{Offset: at, Reason: fmt.Sprintf("page %d cannot be read: %v", id, unplaced(err))}
	}
	_, kind, _, _ := header(b)
	return kind == kindBranch, nil
}

// branch looks at a branch and returns its level. All leaves of a tree are equally
// far from its root, so the first one tells.
func (f *follow) branch(id uint64, depth int) (level int, err error) {
	if f.known(id) {
		return f.old[id].level, nil
	}
	x, err := f.r.read(id, false, nil, nil)
	if err != nil {
		return 0, err
	}
	if x.leaf || depth > maxDepth {
		return 0, x.damage("page %d lies too deep in the tree, or not deep enough", id)
	}
	p := leader{level: 1}
	above, err := f.isBranch(x, x.child(0))
	if err != nil {
		return 0, err
	}
	for i := 0; above && i < x.n; i++ {
		below, err := f.branch(x.child(i), depth+1)
		if err != nil {
			return 0, led(err, x.at)
		}
		p.level = below + 1
		p.leaders = append(p.leaders, x.child(i))
	}
	return p.level, f.add(x, p)
}
