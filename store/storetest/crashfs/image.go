package crashfs

import (
	"maps"
	"path"
	"slices"
)

// Crash returns what a power cut after the first at calls may leave, as a file
// system with an empty log on which everything is durable.
func (m *FS) Crash(at int, c Choice) *FS {
	m.mu.Lock()
	log, base, nextID, gatherFrom := m.log[:at:at], m.base, m.nextID, m.gatherFrom
	m.mu.Unlock()
	if c.kind == keepTorn {
		log = tornLast(log)
	}
	d := newDisk(base)
	for i := range log {
		d.replay(&log[i])
	}
	left := newFS(d.left(c.fortune()), nextID)
	left.gatherFrom = gatherFrom
	return left
}

// Resume returns the file system as a new process finds it when the one before
// was killed after the first at calls, while the machine went on: everything is
// there, and what was not durable still is not. Its log begins with those calls.
func (m *FS) Resume(at int) *FS {
	next := m.Crash(at, Everything)
	m.mu.Lock()
	defer m.mu.Unlock()
	next.base, next.log = m.base, slices.Clone(m.log[:at])
	return next
}

// tornLast cuts the last call in half when it is a write, else off.
func tornLast(log []record) []record {
	if len(log) == 0 {
		return log
	}
	last := log[len(log)-1]
	log = log[: len(log)-1 : len(log)-1]
	if last.op == OpWrite {
		last.data = last.data[:len(last.data)/2]
		log = append(log, last)
	}
	return log
}

// left settles the fate of every change and returns the names that can be
// reached, with what they hold.
func (d *disk) left(f *fortune) map[string]*inode {
	for i := range d.moves {
		if c := &d.moves[i]; c.fate == durable || f.name() {
			c.apply(d)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.files)) {
		d.files[id].settle(f)
	}
	out := make(map[string]*inode, len(d.names))
	made := make(map[int]*inode)
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		n := d.names[name]
		if name != "." && out[path.Dir(name)] == nil {
			continue
		}
		if made[n.id] == nil {
			made[n.id] = d.inode(n)
		}
		out[name] = made[n.id]
	}
	return out
}

func (c *content) settle(f *fortune) {
	for i := range c.changes {
		c.takeOver()
		if x := &c.changes[i]; x.fate == durable {
			c.base = x.apply(c.base)
		} else {
			c.base = f.leave(c.base, x)
		}
	}
	c.changes = nil
}

func (d *disk) inode(n *inode) *inode {
	out := &inode{id: n.id, dir: n.dir, data: n.data}
	if c := d.files[n.id]; c != nil {
		out.data = c.base
	}
	return out
}
