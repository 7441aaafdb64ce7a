package filestore

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/filestore/wal"
)

// remedy is what to do about damage that keeps the store from being opened.
const remedy = `nothing was removed; "weir check" lists all damage, and a backup of the data directory repairs it`

// refused explains why a store is not opened: damage in the store's own words, and
// what to do about it. It leaves any other error alone.
func (s *Store) refused(err error) error {
	if d, ok := errors.AsType[*store.CorruptionError](s.located(err)); ok {
		return fmt.Errorf("%w; %s", d, remedy)
	}
	return err
}

// located says in the store's words what a part of it has found damaged. It leaves
// any other error alone.
func (s *Store) located(err error) error {
	if d, ok := errors.AsType[*wal.CorruptionError](err); ok {
		damage := s.inLog(d)
		return &damage
	}
	return inCatalogue(err, "")
}

// inLog says in the store's words that the log is damaged. Where the record is
// known but for one bit, so is the stream it is about.
func (s *Store) inLog(d *wal.CorruptionError) store.CorruptionError {
	return store.CorruptionError{
		File: walDir + "/" + d.File, Offset: d.Offset, Stream: s.subject(d.Payload),
		Reason: fmt.Sprintf("record %d: %s", d.LSN, d.Reason), Note: d.Torn,
	}
}

// subject returns the name of the stream that a log record is about, "" when it
// does not tell.
func (s *Store) subject(payload []byte) string {
	l, err := decodeEntry(payload)
	if err != nil {
		return ""
	}
	if l.kind == kindCreate {
		return l.name
	}
	s.mu.Lock()
	for _, h := range s.dirty { // those not in the catalogue are
		if h.meta.ID == l.id {
			s.mu.Unlock()
			return h.meta.Name
		}
	}
	s.mu.Unlock()
	name, _, err := s.cat.Get(idKey(l.id))
	if err != nil {
		return ""
	}
	return string(name)
}

// inCatalogue says in the store's words that a block of the catalogue is damaged,
// which was met on the way to a stream, if its name is known. It leaves any other
// error alone.
func inCatalogue(err error, stream string) error {
	if d, ok := errors.AsType[*catalogue.CorruptionError](err); ok {
		return &store.CorruptionError{File: d.File, Stream: stream, Offset: d.Offset, Reason: d.Reason}
	}
	return err
}
