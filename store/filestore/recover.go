package filestore

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/wal"
)

// maxRecord bounds one log record: the largest append and what goes with it.
const maxRecord = 1 << 30

// replay opens the log and brings what it holds beyond the catalogue into memory.
// The same record may be in both, since a checkpoint sees some streams later
// than the record it begins with; each stream remembers the last record that is
// in its state, and takes only later ones.
func (s *Store) replay(r root) (*wal.Log, error) {
	rec := &recovery{s: s, byID: make(map[uint64]*handle)}
	opts := &wal.Options{SegmentBytes: s.opts.SegmentBytes, MaxRecordBytes: maxRecord, Lost: lostDir}
	if s.opts.Sync {
		opts.ZeroAhead = s.opts.ZeroAheadBytes
	}
	log, found, err := wal.Open(s.fs, walDir, s.storeID, r.walStart, opts, rec.record)
	if err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	rec.forget()
	if found.Records > 0 || found.TornBytes > 0 {
		s.log.Info().Int64("records", found.Records).Int64("bytes", found.Bytes).
			Int64("torn_bytes", found.TornBytes).Msg("log replayed")
	}
	if found.Later > 0 {
		s.log.Warn().Int64("bytes", found.TornBytes).Int64("later_records", found.Later).Str("kept_in", found.Lost).
			Msg("the log had a gap, as a loss of power leaves one in what was not synced; what came behind it was cut off and kept")
	}
	return log, nil
}

// recovery takes log records over into the store. Nobody else uses the store
// meanwhile.
type recovery struct {
	s    *Store
	dry  bool               // nothing is written
	byID map[uint64]*handle // streams that records were about
}

// record takes one log record over.
func (r *recovery) record(lsn uint64, payload []byte) error {
	l, err := decodeEntry(payload)
	if err != nil {
		return err
	}
	r.s.nextID.Store(max(r.s.nextID.Load(), l.id))
	switch l.kind {
	case kindCreate:
		err = r.create(lsn, &l)
	case kindChange:
		err = r.change(lsn, &l)
	case kindDelete:
		err = r.delete(lsn, &l)
	}
	if err != nil {
		return fmt.Errorf("log record %d: %w", lsn, err)
	}
	return r.relieve(lsn)
}

// find returns a stream by identity, nil when it is neither in memory nor in the
// catalogue: then a later record, which the catalogue includes, deleted it.
func (r *recovery) find(id uint64) (*handle, error) {
	if h := r.byID[id]; h != nil {
		return h, nil
	}
	name, found, err := r.s.cat.Get(idKey(id))
	if err != nil || !found {
		return nil, err
	}
	h, err := r.open(string(name))
	if err != nil || h == nil {
		return nil, err
	}
	if h.meta.ID != id {
		return nil, nil
	}
	return h, nil
}

// open returns the stream of this name, nil when there is none.
func (r *recovery) open(name string) (*handle, error) {
	h, err := r.s.acquire(name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h.refs-- // held by nobody; it stays in memory until relieve
	r.byID[h.meta.ID] = h
	return h, nil
}

func (r *recovery) create(lsn uint64, l *logged) error {
	if h, err := r.find(l.id); err != nil || h != nil {
		if err == nil {
			err = r.refer(l.config.Fork, 1, lsn)
		}
		return err // the catalogue has the stream itself
	}
	other, err := r.open(l.name)
	if err != nil {
		return err
	}
	if other != nil {
		if other.lsn > lsn {
			return r.refer(l.config.Fork, 1, lsn) // deleted since, and the name used again
		}
		return fmt.Errorf("creates %q, which exists", l.name)
	}
	if err := r.load(l.config.Fork); err != nil {
		return err
	}
	h := newHandle(r.s, store.NewMeta(l.id, l.name, l.config))
	r.byID[l.id] = h
	return r.apply(h, kindCreate, lsn, &l.change)
}

func (r *recovery) change(lsn uint64, l *logged) error {
	h, err := r.find(l.id)
	if err != nil || h == nil || h.lsn >= lsn {
		return err
	}
	if l.tail != h.meta.Tail {
		return fmt.Errorf("appends to %q at %d, but its tail is %d", h.meta.Name, l.tail, h.meta.Tail)
	}
	return r.apply(h, kindChange, lsn, &l.change)
}

func (r *recovery) delete(lsn uint64, l *logged) error {
	h, err := r.find(l.id)
	if err != nil {
		return err
	}
	if h == nil {
		return r.referID(l.source, -1, lsn)
	}
	if err := r.load(h.meta.Config.Fork); err != nil {
		return err
	}
	if err := r.apply(h, kindDelete, lsn, nil); err != nil {
		return err
	}
	delete(r.byID, l.id)
	return nil
}

// load brings the source of a fork into memory, for applyLocked to find.
func (r *recovery) load(f *store.Fork) error {
	if f == nil {
		return nil
	}
	_, err := r.find(f.ID)
	return err
}

func (r *recovery) refer(f *store.Fork, by int, lsn uint64) error {
	if f == nil {
		return nil
	}
	return r.referID(f.ID, by, lsn)
}

// referID counts a reference of a fork that itself is not there any more.
func (r *recovery) referID(id uint64, by int, lsn uint64) error {
	if id == 0 {
		return nil
	}
	src, err := r.find(id)
	if err != nil || src == nil || src.lsn >= lsn {
		return err
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	src.meta.Refs += by
	src.lsn = lsn
	r.s.markLocked(src)
	return nil
}

func (r *recovery) apply(h *handle, k kind, lsn uint64, c *store.Change) error {
	s := r.s
	if c != nil {
		held := h.buf.Held()
		c.Bytes = h.buf.Append(c.Bytes)
		s.held.Add(h.buf.Held() - held)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyLocked(h, k, c, lsn)
	return nil
}

// relieve writes a checkpoint in the middle of a long replay, so that the memory
// it takes is bounded too.
func (r *recovery) relieve(lsn uint64) error {
	s := r.s
	if r.dry || s.held.Load() <= s.opts.MaxMemoryBytes/2 && len(s.dirty) < maxDirty {
		return nil
	}
	s.log.Info().Uint64("record", lsn).Msg("replaying the log")
	if err := s.checkpoints.write(s.takeDirty(), lsn+1); err != nil {
		return err
	}
	r.forget()
	return nil
}

// forget lets go of the streams that no record has changed.
func (r *recovery) forget() {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for _, h := range r.byID {
		r.s.forgetLocked(h)
	}
	clear(r.byID)
}
