package filestore

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/wal"
)

// replay verifies the log, and brings what it holds beyond the catalogue into
// memory, as a start does. What cannot be brought in is reported once: what
// follows rests on it.
func (c *checker) replay() error {
	r := &dryRun{c: c, rec: recovery{s: c.s, byID: make(map[uint64]*handle), dry: true}, next: c.root.walStart}
	next, err := wal.Verify(c.s.fs, walDir, c.s.storeID, wal.Inspection{From: c.root.walStart, Damage: r.damage, Record: r.record})
	switch {
	case errors.Is(err, fs.ErrNotExist) && !c.root.begun:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		c.damage(walDir, "", "it is missing, although the catalogue needs it")
		return nil
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case errors.Is(err, wal.ErrForeign), errors.As(err, new(*wal.VersionError)):
		c.damage(walDir, "", err.Error())
		return nil
	case err != nil:
		return err
	}
	switch {
	case r.lost || next == r.next || next == 0 && !c.root.begun:
	case next == 0:
		c.damage(walDir, "", "it is empty, although the catalogue needs it")
	case next < r.next:
		c.missing(next, r.next-1)
	default:
		c.missing(r.next, next-1)
	}
	for _, h := range c.s.dirty {
		c.logged[h.meta.ID] = true
	}
	c.partial = c.partial || r.lost
	r.rec.forget()
	return nil
}

// missing reports that the log lacks some records.
func (c *checker) missing(first, last uint64) {
	c.damage(walDir, "", fmt.Sprintf("records %d to %d are missing", first, last))
}

// dryRun is the replay of a log of which nothing is written.
type dryRun struct {
	c    *checker
	rec  recovery
	next uint64 // LSN to come
	lost bool   // something is missing: what follows is not brought in
}

func (r *dryRun) damage(d *wal.CorruptionError) {
	damage := r.c.s.inLog(d)
	if d.Torn {
		damage.Reason += "; a crash leaves such an end, and a start cuts it off"
	} else {
		r.lost = true
	}
	r.c.Report(damage)
}

func (r *dryRun) record(w wal.Record) error {
	if err := r.c.pace(len(w.Payload)); err != nil {
		return err
	}
	if r.lost || w.LSN < r.next {
		return nil
	}
	if w.LSN > r.next {
		r.lost = true
		r.c.missing(r.next, w.LSN-1)
		return nil
	}
	r.next++
	err := r.rec.record(w.LSN, w.Payload)
	if r.lost = err != nil; r.lost && r.c.passOver(err) != nil {
		r.c.Report(store.CorruptionError{
			File: walDir + "/" + w.File, Stream: r.c.s.subject(w.Payload), Offset: w.Offset, Reason: err.Error(),
		})
	}
	return nil
}
