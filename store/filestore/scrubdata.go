package filestore

import (
	"errors"
	"io/fs"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// extentBatch is how many extents are taken from the catalogue at a time, so that
// a scan does not keep merged tables from giving their space back for long.
const extentBatch = 256

// ownedExtent is an extent and the stream it belongs to.
type ownedExtent struct {
	id uint64
	*extent
}

// data reads every extent that the catalogue knows.
func (x *scrubber) data() error {
	for from := []byte{extentSpace}; from != nil; {
		batch, next, err := x.extents(from)
		if err != nil {
			return err
		}
		for _, e := range batch {
			if err := x.extent(e); err != nil {
				return err
			}
		}
		from = next
	}
	return nil
}

// extents returns some extents, and the key to go on with, nil at the end. What
// lies behind a damaged block, which has been reported, is out of reach.
func (x *scrubber) extents(from []byte) (batch []ownedExtent, next []byte, err error) {
	it := x.s.cat.Scan(from, []byte{extentSpace + 1})
	defer it.Close()
	for len(batch) < extentBatch {
		if !it.Next() {
			err := it.Err()
			if _, damaged := errors.AsType[*catalogue.CorruptionError](err); damaged {
				err = nil
			}
			return batch, nil, err
		}
		id, end := extentOwner(it.Key())
		e, err := decodeExtent(end, append([]byte(nil), it.Value()...))
		if err != nil {
			x.Report(store.CorruptionError{File: catalogueDir, Offset: -1, Reason: err.Error()})
			continue
		}
		batch = append(batch, ownedExtent{id, e})
	}
	last := batch[len(batch)-1]
	return batch, append(extentKey(last.id, last.end), 0), nil
}

// extent reads one extent. A stream that is deleted meanwhile is passed over.
func (x *scrubber) extent(e ownedExtent) error {
	if e.id != x.id {
		if err := x.enter(e.id); err != nil {
			return err
		}
	}
	if x.name == "" {
		return nil
	}
	reason := "the file is missing"
	if x.file != nil {
		var err error
		vfs.DropCached(x.file, e.start-x.base, e.end-e.start)
		if reason, err = checkExtent(x.file, x.base, e.extent, x.pace); errors.Is(err, errUnread) {
			reason = err.Error() // a sector that cannot be read is as lost as one that reads wrong
		} else if err != nil {
			return err
		}
	}
	if reason == "" || x.gone() {
		return nil
	}
	x.s.forgetGood(x.name, e.id)
	x.Report(store.CorruptionError{File: dataFile(e.id), Stream: x.name, Offset: e.start - x.base, Reason: reason})
	return nil
}

// enter goes to the next stream and opens its file.
func (x *scrubber) enter(id uint64) (err error) {
	x.leave()
	x.id = id
	x.name, x.base, err = x.s.owner(id)
	if _, damaged := errors.AsType[*store.CorruptionError](err); damaged {
		return nil // reported with its block
	}
	if err != nil || x.name == "" {
		return err
	}
	f, err := x.s.fs.Open(dataFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	x.file = f
	return err
}

// leave closes the file of the stream that was entered last.
func (x *scrubber) leave() {
	if x.file != nil {
		x.file.Close()
		x.file = nil
	}
}

// gone reports whether the stream that was entered has been deleted since.
func (x *scrubber) gone() bool {
	name, _, err := x.s.owner(x.id)
	return err == nil && name == ""
}

// owner returns the name of a stream and the position its file begins with, ""
// when there is no such stream any more.
func (s *Store) owner(id uint64) (name string, base int64, err error) {
	b, found, err := s.cat.Get(idKey(id))
	if err != nil || !found {
		return "", 0, inCatalogue(err, "")
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

// forgetGood lets the next reader of a stream verify what it reads.
func (s *Store) forgetGood(name string, id uint64) {
	h, known, _ := s.openLive(name)
	if !known || h == nil {
		return
	}
	defer h.Release()
	if h.meta.ID == id {
		h.mu.Lock()
		h.good.forget()
		h.mu.Unlock()
	}
}
