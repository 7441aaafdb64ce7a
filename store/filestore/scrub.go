package filestore

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/filestore/wal"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Scrub implements store.Store. It reads what is on the disk, whatever is in the
// kernel's memory or known to be good, and takes no lock while it reads.
func (s *Store) Scrub(ctx context.Context, o store.ScrubOptions) error {
	x := &scrubber{s: s, ctx: ctx, ScrubOptions: o}
	defer x.leave()
	if err := x.catalogue(); err != nil {
		return fmt.Errorf("scrub catalogue: %w", err)
	}
	if err := x.log(); err != nil {
		return fmt.Errorf("scrub log: %w", err)
	}
	if err := x.data(); err != nil {
		return fmt.Errorf("scrub data files: %w", err)
	}
	return nil
}

// scrubber verifies a store part by part. One goroutine uses it.
type scrubber struct {
	s   *Store
	ctx context.Context
	store.ScrubOptions
	unpaced int // bytes read since Pace was called

	// The stream that the last extent belonged to; name is "" when there is none.
	id   uint64
	name string
	base int64
	file vfs.File
}

// paceBytes is how much is read between two calls of Pace.
const paceBytes = 1 << 20

// pace notes that so many bytes were read, and returns when there may be more.
func (x *scrubber) pace(bytes int) error {
	if err := x.ctx.Err(); err != nil {
		return err
	}
	x.unpaced += bytes
	if x.Pace == nil || x.unpaced < paceBytes {
		return nil
	}
	bytes, x.unpaced = x.unpaced, 0
	return x.Pace(x.ctx, bytes)
}

func (x *scrubber) catalogue() error {
	return x.s.cat.Verify(x.ctx, func(d *catalogue.CorruptionError) {
		x.Report(store.CorruptionError{File: d.File, Offset: d.Offset, Reason: d.Reason})
	}, x.pace)
}

// log passes over what looks torn: it is the end of a log that is being written.
func (x *scrubber) log() error {
	r, err := decodeRoot(x.s.cat.Root())
	if err != nil {
		return err
	}
	_, err = wal.Verify(x.s.fs, walDir, x.s.storeID, wal.Inspection{
		From: r.walStart,
		Damage: func(d *wal.CorruptionError) {
			if !d.Torn {
				x.Report(x.s.inLog(d))
			}
		},
		Record: func(r wal.Record) error { return x.pace(len(r.Payload)) },
	})
	return err
}
