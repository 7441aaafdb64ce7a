package boltfile

import "hash/crc32"

// A crown keeps some of its pages in memory, as they were when they were compared
// with their checksums: they need not be read and compared again for every key.
type cache struct {
	nodes map[uint64]cachedNode
	limit int
	roots *roots // those of the present transaction, or nil
}

type cachedNode struct {
	x   *node
	crc uint32
}

// Keep lets the crown have up to n pages in memory.
func (c *Crown) Keep(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = cache{nodes: make(map[uint64]cachedNode), limit: n}
}

// has reports whether the crown is that of the transaction.
func (c *Crown) has(txid uint64) bool { return c != nil && c.Txid() == txid }

// cached returns a page of a transaction if it is in memory.
func (c *Crown) cached(txid, id uint64) *node {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n, ok := c.kept.nodes[id]
	if p, live := c.live[id]; !ok || !live || p.crc != n.crc || c.txid != txid {
		return nil
	}
	return n.x
}

// cache keeps a page in memory. When there are enough others all are let go.
func (c *Crown) cache(txid uint64, x *node) {
	crc := x.checksum()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept.limit == 0 || c.txid != txid {
		return
	}
	if len(c.kept.nodes) >= c.kept.limit {
		clear(c.kept.nodes)
	}
	c.kept.nodes[x.id] = cachedNode{x, crc}
}

// cachedRoots returns where the buckets of a transaction begin, if that is in
// memory.
func (c *Crown) cachedRoots(txid uint64) *roots {
	if c == nil {
		return nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.txid != txid {
		return nil
	}
	return c.kept.roots
}

func (c *Crown) cacheRoots(txid uint64, roots *roots) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept.limit > 0 && c.txid == txid {
		c.kept.roots = roots
	}
}

// vouched returns a branch if it has the checksum that the crown knows. It was
// looked at, element by element, by the one who put it there.
func (r *Reader) vouched(id uint64) *node {
	crc, known := r.crown.known(r.txid, id)
	if !known || id >= r.pages {
		return nil
	}
	at := int64(id) * PageBytes
	b, err := part(r.src, at, PageBytes)
	if err != nil {
		return nil
	}
	_, kind, n, over := header(b)
	if kind != kindBranch || n == 0 || id+uint64(over) >= r.pages {
		return nil
	}
	if over > 0 {
		b, err = part(r.src, at, (int64(over)+1)*PageBytes)
	}
	if err != nil || headerBytes+elementBytes*n > len(b) || crc32.Checksum(b, castagnoli) != crc {
		return nil
	}
	x := &node{id: id, at: at, b: b, over: over, n: n, src: r.src}
	last := x.element(n - 1)
	x.size = last.pos + last.key
	return x
}
