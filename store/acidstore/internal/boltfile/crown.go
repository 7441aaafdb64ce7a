package boltfile

import (
	"hash/crc32"
	"io"
	"sync"
)

// A Crown knows the checksum of every page of a file that leads to other pages:
// the outermost tree and the branches of all buckets. bbolt writes a changed page
// to another place and leaves the old one there, so a damaged page number may lead
// to a page that is whole, and out of date: nothing in that page would tell.
//
// There is one branch for a hundred leaves or more, which keeps this small; leaves
// are known by the checksums of their values. All methods may be called at once.
type Crown struct {
	mu   sync.RWMutex // guards what follows
	txid uint64       // of the transaction that the pages are of
	root uint64
	sum  uint64 // of all live pages
	// free is the list of free pages, 0 when there is none; the file has so many
	// pages.
	free, pages uint64
	live        map[uint64]leader
	// gone holds pages that are not live any more, as those may still be read who
	// have begun before. undo is what brings back the transaction before.
	gone map[uint64]leader
	undo *undo
	kept cache
	// spare is the memory of the last undo but one.
	spare *undo
}

// leader is a page that leads to others.
type leader struct {
	crc     uint32
	level   int      // of a branch: 1 when leaves are below
	leaders []uint64 // those right below, of this kind
}

// undo is what a crown was before the last transaction.
type undo struct {
	txid, root, sum, free, pages uint64

	added   map[uint64]leader
	removed map[uint64]leader
	kept    map[uint64]bool // met by the last transaction, and there before
}

// keptUndo is how many pages the memory of an undo is used again for.
const keptUndo = 64

// again returns an empty undo, which has the memory of u if there is one.
func (u *undo) again() *undo {
	if u == nil || len(u.added)+len(u.removed)+len(u.kept) > keptUndo {
		return &undo{added: make(map[uint64]leader), removed: make(map[uint64]leader), kept: make(map[uint64]bool)}
	}
	clear(u.added)
	clear(u.removed)
	clear(u.kept)
	return u
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// weight is what a page adds to the sum of its file.
func weight(id uint64, crc uint32) uint64 {
	h := (id+1)*0x9e3779b97f4a7c15 ^ uint64(crc)*0xbf58476d1ce4e5b9
	h = (h ^ h>>29) * 0x94d049bb133111eb
	return h ^ h>>32
}

// NewCrown reads the pages that lead to others as m says. The list of free pages is
// one of them.
func NewCrown(src io.ReaderAt, m *Meta) (*Crown, error) {
	c := &Crown{live: make(map[uint64]leader), gone: make(map[uint64]leader)}
	return c, c.Follow(src, m, false)
}

// Txid returns the transaction that the crown has come to.
func (c *Crown) Txid() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.txid
}

// Sum returns the transaction that the crown has come to and a sum over all its
// pages.
func (c *Crown) Sum() (txid, sum uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.txid, c.sum
}

// check compares a page that leads to others, in a transaction, with what is known
// of it.
func (c *Crown) check(txid uint64, x *node) error {
	if c == nil {
		return nil
	}
	want, known := c.known(txid, x.id)
	if !known {
		return x.damage("page %d is not one of those that lead to others", x.id)
	}
	if got := x.checksum(); got != want {
		d := x.damage("page %d: checksum does not match", x.id)
		if at, ok := flippedByte(int64(len(x.b)), got, func(crc uint32) bool { return crc == want }); ok {
			d.Offset += at
		}
		return d
	}
	return nil
}

// known returns the checksum of a page that leads to others, in a transaction.
func (c *Crown) known(txid, id uint64) (crc uint32, known bool) {
	if c == nil {
		return 0, false
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	p, known := c.live[id]
	if !known && txid < c.txid {
		p, known = c.gone[id]
	}
	return p.crc, known
}

// checksum is that of all bytes of a page, except that what small buckets hold
// counts as zeros: those values have checksums of their own, and each is the
// business of one stream.
func (x *node) checksum() uint32 {
	sum, from := uint32(0), int64(0)
	for i := range x.n {
		e := x.element(i)
		start, end := e.pos+e.key+bucketBytes+headerBytes, e.pos+e.key+e.value
		if !x.leaf || start > end || end > int64(len(x.b)) {
			continue
		}
		_, _, n, _ := header(x.b[start-headerBytes:])
		if start += int64(elementBytes * n); start > end {
			continue
		}
		sum = crc32.Update(sum, castagnoli, x.b[from:start])
		for rest := end - start; rest > 0; rest -= int64(len(blank)) {
			sum = crc32.Update(sum, castagnoli, blank[:min(rest, int64(len(blank)))])
		}
		from = end
	}
	return crc32.Update(sum, castagnoli, x.b[from:])
}

// blank is what counts in the place of values.
var blank [PageBytes]byte

// VouchFreelist looks at the list of free pages, if the file has one: bbolt frees
// it with the next transaction.
func (c *Crown) VouchFreelist(src io.ReaderAt) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.free == 0 {
		return nil
	}
	l, err := readFreelist(src, c.free, c.pages)
	if err == nil && l.crc != c.live[c.free].crc {
		err = &Damage{Offset: int64(c.free) * PageBytes, Reason: "the list of free pages: checksum does not match"}
	}
	return err
}
