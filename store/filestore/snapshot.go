package filestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// snapshot is a stream's settled state at one instant, with the bytes that its
// data file lacks.
type snapshot struct {
	h       *handle
	deleted bool
	record
	slices [][]byte
	ends   []int64 // of the appends in slices
	// The data file before and after slices were written to it.
	before, after vfs.State
}

func (s *Store) snapshot(h *handle) snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	p := snapshot{h: h, deleted: h.deleted, record: record{lsn: h.lsn, meta: h.meta.Clone()}}
	if !p.deleted {
		p.slices = h.buf.Slices(h.flushed, h.meta.Tail)
		h.buf.Ends(h.flushed, h.meta.Tail, func(end int64) { p.ends = append(p.ends, end) })
	}
	return p
}

// describe puts the state into the batch.
func (p *snapshot) describe(b *catalogue.Batch) {
	m, h := &p.meta, p.h
	b.Put(nameKey(m.Name), p.record.encode())
	if !h.stored {
		b.Put(idKey(m.ID), []byte(m.Name))
	}
	due := m.Due()
	if due == h.storedDue {
		return
	}
	if h.storedDue != store.Never {
		b.Delete(dueKey(h.storedDue, m.ID))
	}
	if due != store.Never {
		b.Put(dueKey(due, m.ID), []byte(m.Name))
	}
}

// extents cuts the new bytes into extents, at the ends of appends.
func (p *snapshot) extents(yield func(x *extent)) {
	bytes := cursor{rest: p.slices}
	x := &extent{start: p.h.flushed, end: p.h.flushed}
	for i, end := range p.ends {
		x.lengths = binary.AppendUvarint(x.lengths, uint64(end-x.end))
		x.sum = bytes.addTo(x.sum, end-x.end)
		x.end = end
		full := x.end-x.start >= maxExtentBytes || i-x.first+1 >= maxExtentAppends
		if full || i == len(p.ends)-1 {
			yield(x)
			x = &extent{start: end, end: end, first: i + 1}
		}
	}
}

// cursor walks over bytes in slices.
type cursor struct {
	rest [][]byte
	at   int64 // in the first of rest
}

// addTo adds the next n bytes to a checksum.
func (c *cursor) addTo(sum uint32, n int64) uint32 {
	for n > 0 {
		b := c.rest[0][c.at:]
		if int64(len(b)) > n {
			c.at += n
			return crc32.Update(sum, castagnoli, b[:n])
		}
		sum = crc32.Update(sum, castagnoli, b)
		n -= int64(len(b))
		c.rest, c.at = c.rest[1:], 0
	}
	return sum
}

// files writes the data files of one checkpoint. Folders are synced once, at the
// end.
type files struct {
	c       *checkpointer
	folders map[string]bool // to be synced
	made    map[string]bool // data folders that may be new
}

func (c *checkpointer) newFiles() *files {
	return &files{c: c, folders: make(map[string]bool), made: make(map[string]bool)}
}

const (
	// manyFiles is from how many files on they are written side by side, and abreast
	// how many at once: most of the time of a small file is waiting for the disk.
	manyFiles = 64
	abreast   = 32
)

// write adds the new bytes of streams to their data files, syncs these, and puts the
// extents into the batch.
func (w *files) write(snaps []*snapshot, b *catalogue.Batch) error {
	for _, p := range snaps {
		if err := w.folder(p.meta.ID); err != nil {
			return err
		}
	}
	if err := w.writeAll(snaps); err != nil {
		return err
	}
	for _, p := range snaps {
		if id := p.meta.ID; p.h.flushed == p.meta.Base() {
			w.folders[dataFolder(id)] = true // the file may be new
		}
		p.extents(func(x *extent) { b.Put(extentKey(p.meta.ID, x.end), x.encode()) })
	}
	return nil
}

// writeAll writes the data files and makes them durable: all at once where the file
// system can do that, else each by itself.
func (w *files) writeAll(snaps []*snapshot) error {
	group, err := vfs.Gather(w.c.s.fs, len(snaps))
	if err != nil {
		return fmt.Errorf("write data files: %w", err)
	}
	if group == nil {
		return w.writeEach(snaps)
	}
	defer group.Close()
	for _, p := range snaps {
		if err := w.c.s.writeData(p, false); err != nil {
			return err
		}
	}
	if err := group.Sync(); err != nil {
		return fmt.Errorf("write data files: %w: %w", errUnsynced, err)
	}
	return nil
}

func (w *files) writeEach(snaps []*snapshot) error {
	if len(snaps) < manyFiles {
		for _, p := range snaps {
			if err := w.c.s.writeData(p, true); err != nil {
				return err
			}
		}
		return nil
	}
	var g errgroup.Group
	g.SetLimit(abreast)
	for _, p := range snaps {
		g.Go(func() error { return w.c.s.writeData(p, true) })
	}
	return g.Wait()
}

// writeData adds the new bytes of a stream to its data file, and syncs it unless that
// is done for all.
func (s *Store) writeData(p *snapshot, sync bool) error {
	m := &p.meta
	f, err := s.fs.OpenWrite(dataFile(m.ID))
	if err != nil {
		return fmt.Errorf("open data file: %w", err)
	}
	p.before, _ = vfs.StateOf(f)
	at := p.h.flushed - m.Base()
	for _, piece := range p.slices {
		if _, err := f.WriteAt(piece, at); err != nil {
			f.Close()
			return fmt.Errorf("write data file: %w", err)
		}
		at += int64(len(piece))
	}
	if sync {
		if err := f.Sync(); err != nil {
			f.Close()
			return fmt.Errorf("write data file: %w: %w", errUnsynced, err)
		}
	}
	p.after, _ = vfs.StateOf(f)
	if err := f.Close(); err != nil {
		return fmt.Errorf("close data file: %w", err)
	}
	return nil
}

// folder makes the folder of a data file.
func (w *files) folder(id uint64) error {
	name := dataFolder(id)
	if w.c.folders[name] || w.made[name] {
		return nil
	}
	if err := w.c.s.fs.MkdirAll(name); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	w.folders[dataDir] = true
	w.made[name] = true
	return nil
}

// sync makes the names of new files and folders durable.
func (w *files) sync() error {
	for _, name := range slices.Sorted(maps.Keys(w.folders)) {
		if err := w.c.s.fs.SyncDir(name); err != nil {
			return fmt.Errorf("sync data folder: %w: %w", errUnsynced, err)
		}
	}
	maps.Copy(w.c.folders, w.made)
	return nil
}

// removeFile takes a data file away for good; one that is not there is no error.
func (c *checkpointer) removeFile(id uint64) error {
	err := c.unlink(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove data file: %w", err)
	}
	if err := c.s.fs.SyncDir(dataFolder(id)); err != nil {
		return fmt.Errorf("remove data file: %w: %w", errUnsynced, err)
	}
	return nil
}
