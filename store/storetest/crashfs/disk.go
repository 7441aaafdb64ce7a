package crashfs

import (
	"path"
	"slices"
)

// fate is what has become of a change by the time of a crash.
type fate uint8

const (
	pending fate = iota // may be left or not
	durable             // is left
	lost                // a sync failed on it: may be left or not, whatever follows
)

// disk is what a log did to the disk below the file system: what is durable, and
// the changes that are not, in their order.
type disk struct {
	names map[string]*inode // as they are durable
	nodes map[int]*inode    // every inode that has or had a name, as it was at first
	files map[int]*content  // those that were changed
	moves []nameChange
}

// nameChange is a change in a folder.
type nameChange struct {
	*record
	fate fate
}

// content is what a file holds: what is durable, and the changes on top. Behind
// a change that was lost the durable ones stay in the list, for their order.
type content struct {
	base    []byte
	own     bool // base may be changed
	changes []dataChange
	lost    bool // some change was lost
}

// dataChange is a write, or when cut is set a truncation to off bytes.
type dataChange struct {
	off  int64
	data []byte
	cut  bool
	fate fate
}

func newDisk(base map[string]*inode) *disk {
	d := &disk{names: make(map[string]*inode, len(base)), nodes: make(map[int]*inode, len(base)), files: make(map[int]*content)}
	for name, n := range base {
		d.names[name], d.nodes[n.id] = n, n
	}
	return d
}

// replay brings the disk to where it is after the call.
func (d *disk) replay(r *record) {
	if r.fresh {
		d.nodes[r.node] = &inode{id: r.node, dir: r.op == OpMkdir}
	}
	switch r.op {
	case OpCreate:
		if !r.fresh {
			d.file(r.node).add(dataChange{cut: true})
			return
		}
		fallthrough
	case OpOpenWrite, OpLock, OpMkdir, OpRename, OpRemove:
		d.moves = append(d.moves, nameChange{record: r})
	case OpWrite:
		d.file(r.node).add(dataChange{off: r.off, data: r.data})
	case OpTruncate:
		d.file(r.node).add(dataChange{off: r.off, cut: true})
	case OpSync:
		d.file(r.node).sync(r.failed)
	case OpSyncAll:
		for _, c := range d.files {
			c.sync(r.failed)
		}
	case OpSyncDir:
		d.syncDir(r)
	}
}

func (d *disk) file(node int) *content {
	c := d.files[node]
	if c == nil {
		c = &content{}
		if n := d.nodes[node]; n != nil {
			c.base = n.data
		}
		d.files[node] = c
	}
	return c
}

func (c *content) add(x dataChange) { c.changes = append(c.changes, x) }

func (c *content) sync(failed bool) {
	becomes := durable
	if failed {
		becomes, c.lost = lost, c.lost || len(c.changes) > 0
	}
	for i := range c.changes {
		if c.changes[i].fate == pending {
			c.changes[i].fate = becomes
		}
	}
	if c.lost {
		return
	}
	for _, x := range c.changes {
		c.takeOver()
		c.base = x.apply(c.base)
	}
	c.changes = c.changes[:0]
}

// takeOver makes base the content's own.
func (c *content) takeOver() {
	if !c.own {
		c.base, c.own = slices.Clone(c.base), true
	}
}

// apply does all of the change to b.
func (x *dataChange) apply(b []byte) []byte {
	if x.cut {
		return resized(b, x.off)
	}
	return put(b, x.off, x.data)
}

func put(b []byte, off int64, p []byte) []byte {
	b = resized(b, max(int64(len(b)), off+int64(len(p))))
	copy(b[off:], p)
	return b
}

func (d *disk) syncDir(r *record) {
	becomes := durable
	if r.failed {
		becomes = lost
	}
	for i := range d.moves {
		if c := &d.moves[i]; c.fate == pending && c.dir() == r.name {
			c.fate = becomes
		}
	}
	// What is durable moves into names, as far as nothing that may still be
	// undone comes before it.
	n := 0
	for n < len(d.moves) && d.moves[n].fate == durable {
		d.moves[n].apply(d)
		n++
	}
	d.moves = d.moves[n:]
}

// dir is the folder whose sync makes the change durable. A rename goes with the
// folder that it renames into.
func (c *nameChange) dir() string {
	if c.op == OpRename {
		return path.Dir(c.to)
	}
	return path.Dir(c.name)
}

// apply does the change to the names. A change that another was built on may be
// undone, so each says for itself what it leads to.
func (c *nameChange) apply(d *disk) {
	switch c.op {
	case OpRemove:
		d.unbind(c.name, c.node)
	case OpRename:
		d.unbind(c.name, c.node)
		d.names[c.to] = d.nodes[c.node]
	default:
		d.names[c.name] = d.nodes[c.node]
	}
}

func (d *disk) unbind(name string, node int) {
	if n := d.names[name]; n != nil && n.id == node {
		delete(d.names, name)
	}
}
