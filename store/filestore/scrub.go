package filestore

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/filestore/wal"
)

// scrub verifies the catalogue, the log, and every extent of the data files.
func (s *Store) scrub(ctx context.Context, report func(store.CorruptionError)) error {
	err := s.cat.Verify(ctx, func(d *catalogue.CorruptionError) {
		report(store.CorruptionError{File: d.File, Offset: d.Offset, Reason: d.Reason})
	})
	if err != nil {
		return fmt.Errorf("scrub catalogue: %w", err)
	}
	err = wal.Verify(s.fs, walDir, s.storeID, func(d wal.Damage) {
		if !d.Torn { // the end of a log that is being written
			report(store.CorruptionError{File: walDir + "/" + d.File, Offset: d.Offset, Reason: d.Reason})
		}
	})
	if err != nil {
		return fmt.Errorf("scrub log: %w", err)
	}
	return s.scrubData(ctx, report)
}

// scrubData reads every extent that the catalogue knows. A stream that is
// deleted meanwhile is passed over.
func (s *Store) scrubData(ctx context.Context, report func(store.CorruptionError)) error {
	it := s.cat.Scan([]byte{extentSpace}, []byte{extentSpace + 1})
	defer it.Close()
	for it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		id, end := extentOwner(it.Key())
		x, err := decodeExtent(end, it.Value())
		if err != nil {
			report(store.CorruptionError{File: catalogueDir, Offset: -1, Reason: err.Error()})
			continue
		}
		name, base, err := s.owner(id)
		if err != nil {
			return err
		}
		if name == "" {
			continue
		}
		if err := s.checkExtent(id, base, x); err != nil {
			if name, _, err := s.owner(id); err == nil && name == "" {
				continue // deleted since
			}
			report(store.CorruptionError{File: dataFile(id), Stream: name, Offset: x.start - base, Reason: err.Error()})
		}
	}
	return it.Err()
}

// owner returns the name of a stream and the position its file begins with, ""
// when there is no such stream any more.
func (s *Store) owner(id uint64) (name string, base int64, err error) {
	b, found, err := s.cat.Get(idKey(id))
	if err != nil || !found {
		return "", 0, err
	}
	h, err := s.acquire(string(b))
	if errors.Is(err, store.ErrNotFound) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, err
	}
	defer h.Release()
	if h.meta.ID != id {
		return "", 0, nil
	}
	return h.meta.Name, h.meta.Base(), nil
}

func (s *Store) checkExtent(id uint64, base int64, x *extent) error {
	f, err := s.fs.Open(dataFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the file is missing")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := crc32.New(castagnoli)
	n, err := io.Copy(h, io.NewSectionReader(f, x.start-base, x.end-x.start))
	switch {
	case err != nil:
		return err
	case n != x.end-x.start:
		return errors.New("the file is too short")
	case h.Sum32() != x.sum:
		return errors.New("the checksum does not match")
	default:
		return nil
	}
}
