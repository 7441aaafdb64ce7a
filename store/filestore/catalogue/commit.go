package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
)

// Commit applies b, which may be nil, and root in one step, and returns when
// both are durable. It keeps root's bytes but not the slice.
//
// It may merge tables on the way. Now and then that rewrites all the data, with
// the index and the filter of the new table in memory beside the old ones. A
// table with damage is not merged.
//
// After an error that matches ErrBroken the step happened or did not; reads go
// on with the state before it, and only a new Open finds out. After any other
// error it did not happen and nothing is left on the disk: the same Commit may
// be tried again, for example when a full disk (syscall.ENOSPC) has room.
func (c *Catalogue) Commit(b *Batch, root []byte) error {
	if b == nil {
		b = new(Batch)
	}
	if len(root) > MaxRootBytes {
		return fmt.Errorf("commit: root of %d bytes, allowed are %d: %w", len(root), MaxRootBytes, ErrTooLarge)
	}
	if err := b.check(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	b.compact()

	c.committing.Lock()
	defer c.committing.Unlock()
	if c.closing.Load() {
		return ErrClosed
	}
	if c.broken != nil {
		return c.broken
	}
	if err := c.commitLocked(b, root); err != nil {
		err = fmt.Errorf("commit: %w", err)
		if errors.Is(err, ErrBroken) {
			c.broken = err
		}
		return err
	}
	return nil
}

func (c *Catalogue) commitLocked(b *Batch, root []byte) error {
	old := c.current
	tables, next, taken := old.tables, old.next, 0
	if b.Len() > 0 {
		var fresh *table
		var err error
		if fresh, taken, err = c.mergeTables(b, old); err != nil {
			return err
		}
		tables, next = replaceNewest(old.tables, taken, fresh), old.next+1
	}
	s := newSnapshot(next, bytes.Clone(root), tables)
	if err := replaceManifest(c.fs, c.dir, s.manifest()); err != nil {
		s.release()
		if next > old.next {
			removeUnless(c.fs, path.Join(c.dir, tableName(old.next)), err)
		}
		return err
	}
	c.swap(s).release()
	c.retire(old.tables[:taken])
	return nil
}

// mergeTables writes b, merged with the newest taken tables of old. A table with
// a damaged block is left as it is, with all older ones: leaving the block out
// would lose what it holds, and to fail would end all commits. Reading what it
// holds fails as before.
func (c *Catalogue) mergeTables(b *Batch, old *snapshot) (fresh *table, taken int, err error) {
	taken = runLength(b.size(), old.manifest().tables, c.opts.MaxTables)
	for {
		fresh, err = c.writeTable(b, old, taken)
		damaged, ok := errors.AsType[*CorruptionError](err)
		if !ok {
			return fresh, taken, err
		}
		i := slices.IndexFunc(old.tables[:taken], func(t *table) bool { return t.name == damaged.File })
		if i < 0 || len(old.tables)-i >= maxManifestTables {
			return nil, 0, err
		}
		taken = i
	}
}

// runLength says how many of the newest tables a new one of size bytes takes
// in: as long as what has been gathered is at least half of the next older
// table, and until no more than most tables are left. So each table is more
// than twice the size of all newer ones together when it stays, and an entry is
// rewritten a number of times that grows with the logarithm of the data.
func runLength(size int64, tables []tableRef, most int) int {
	n := 0
	for n < len(tables) && (size >= tables[n].size/2 || len(tables)-n >= most) {
		size += tables[n].size
		n++
	}
	return n
}

// replaceNewest returns tables with fresh, unless nil, in place of the first n.
func replaceNewest(tables []*table, n int, fresh *table) []*table {
	var out []*table
	if fresh != nil {
		out = append(out, fresh)
	}
	return append(out, tables[n:]...)
}

// writeTable merges b with the newest taken tables of old into one new table,
// and makes that durable and ready to be named. The table is nil when the
// changes leave no entry. When it fails no file is left, unless the error
// matches ErrBroken.
func (c *Catalogue) writeTable(b *Batch, old *snapshot, taken int) (*table, error) {
	keys := uint64(b.Len())
	for _, t := range old.tables[:taken] {
		keys += t.foot.entries
	}
	w, err := createTable(c.fs, c.dir, old.next, keys, c.opts.BlockBytes)
	if err != nil {
		return nil, err
	}
	// A tombstone is needed as long as an older table may hold its key.
	keepTombstones := taken < len(old.tables)
	if err := c.fill(w, b, old.tables[:taken], keepTombstones); err != nil || w.empty() {
		w.discard()
		return nil, err
	}
	ref, err := w.finish()
	if err != nil {
		return nil, err
	}
	// Reading the table back the way Open does costs little, and a manifest
	// never names one that Open would refuse.
	t, err := openTable(c.fs, c.dir, ref)
	if err != nil {
		removeUnless(c.fs, w.out.name, err)
		return nil, err
	}
	if err := c.fs.SyncDir(c.dir); err != nil {
		_ = t.file.Close()
		return nil, unknown("sync folder", c.dir, err)
	}
	return t, nil
}

// fill adds the merged entries to w until they end or Close is called.
func (c *Catalogue) fill(w *tableWriter, b *Batch, tables []*table, keepTombstones bool) error {
	sources := []source{&batchSource{changes: b.changes}}
	for _, t := range tables {
		cur := new(cursor)
		cur.reset(t)
		sources = append(sources, cur)
	}
	m, err := newMerger(sources)
	if err != nil {
		return err
	}
	for {
		ok, err := m.next()
		if err != nil || !ok {
			return err
		}
		if c.closing.Load() {
			return ErrClosed
		}
		e := m.entry()
		if e.deleted && !keepTombstones {
			continue
		}
		if err := w.add(e); err != nil {
			return err
		}
	}
}

// retire unlinks merged tables, which no manifest names any more. One that
// cannot be removed only takes space until the next Open removes it.
func (c *Catalogue) retire(tables []*table) {
	if len(tables) == 0 {
		return
	}
	c.merges.Add(1)
	for _, t := range tables {
		_ = c.fs.Remove(t.name)
	}
}
