package filestore

import (
	"context"
	"fmt"
	"io"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/filestore/wal"
)

// still is the store as it was at one instant between two checkpoints. What the
// catalogue's state says of data files stays true of them, since they only grow,
// and those of streams that are deleted later are kept.
type still struct {
	s    *Store
	view *catalogue.View
	cuts []*wal.Cut
	// gone holds the streams that the log deletes and the catalogue still has. A
	// checkpoint that failed may have removed their files.
	gone map[uint64]bool
}

// Backup implements store.Store.
func (s *Store) Backup(ctx context.Context, add func(store.BackupFile) error) error {
	return s.backups.Run(ctx, func(ctx context.Context) error { return s.backUp(ctx, add) })
}

func (s *Store) backUp(ctx context.Context, add func(store.BackupFile) error) error {
	if err := s.failure(); err != nil {
		return err
	}
	if err := s.fs.MkdirAll(keptDir); err != nil {
		return fmt.Errorf("make %s: %w", keptDir, err)
	}
	defer s.dropKept()
	still, err := s.standStill()
	if err != nil {
		return err
	}
	defer still.close()
	for _, send := range []func(context.Context, func(store.BackupFile) error) error{
		still.sendLog, still.sendCatalogue, still.sendData,
	} {
		if err := send(ctx, add); err != nil {
			return s.located(err)
		}
	}
	return nil
}

// standStill notes what the store is now. Checkpoints wait for that, and keep from
// then on what they would remove, until dropKept.
func (s *Store) standStill() (*still, error) {
	c := &s.checkpoints
	c.running.Lock()
	defer c.running.Unlock()
	view, err := s.cat.View()
	if err != nil {
		return nil, err
	}
	st := &still{s: s, view: view}
	r, err := decodeRoot(view.Root())
	if err == nil {
		s.committer.do(func() { err = st.cutLog(r.walStart) })
	}
	if err != nil {
		view.Close()
		return nil, err
	}
	c.keeping = true
	return st, nil
}

// cutLog notes the log from a record on, as it is between two batches. It runs
// while nobody else uses the log.
func (st *still) cutLog(from uint64) (err error) {
	c := &st.s.committer
	if st.s.opts.Sync { // a record that failed to be synced was never acknowledged
		if err := c.log.Sync(); err != nil {
			return c.explain(err)
		}
	}
	st.gone = st.s.deletedSince()
	st.cuts, err = c.log.Cut(from)
	return err
}

// deletedSince returns the streams of the catalogue whose deletion no checkpoint
// has written. No checkpoint is running.
func (s *Store) deletedSince() map[uint64]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := make(map[uint64]bool)
	for _, h := range s.dirty {
		if h.deleted && h.stored {
			gone[h.meta.ID] = true
		}
	}
	return gone
}

func (st *still) close() {
	st.view.Close()
	wal.CloseCuts(st.cuts)
}

// sendLog goes first: the segments may be waiting to be removed.
func (st *still) sendLog(ctx context.Context, add func(store.BackupFile) error) error {
	for len(st.cuts) > 0 {
		c := st.cuts[0]
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := c.Verify(); err != nil {
			return err
		}
		if err := add(store.BackupFile{Name: walDir + "/" + c.Name, Size: c.Size, Content: c.Reader()}); err != nil {
			return err
		}
		c.Close()
		st.cuts = st.cuts[1:]
	}
	return nil
}

func (st *still) sendCatalogue(ctx context.Context, add func(store.BackupFile) error) error {
	return st.view.Files(ctx, func(name string, size int64, content io.Reader) error {
		return add(store.BackupFile{Name: name, Size: size, Content: content})
	})
}

// sendData sends the data file of every stream that has bytes of its own.
func (st *still) sendData(ctx context.Context, add func(store.BackupFile) error) error {
	if err := add(store.BackupFile{Name: dataDir + "/"}); err != nil {
		return err
	}
	it := st.view.Scan([]byte{nameSpace}, []byte{nameSpace + 1})
	defer it.Close()
	for it.Next() {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		r, err := decodeRecord(string(it.Key()[1:]), it.Value())
		if err != nil {
			return &store.CorruptionError{File: catalogueDir, Stream: string(it.Key()[1:]), Offset: -1, Reason: err.Error()}
		}
		if r.meta.Tail == r.meta.Base() || st.gone[r.meta.ID] {
			continue
		}
		if err := st.sendStream(&r.meta, add); err != nil {
			return err
		}
	}
	return it.Err()
}

func (st *still) sendStream(m *store.Meta, add func(store.BackupFile) error) error {
	d, err := st.openData(m)
	if err != nil {
		return err
	}
	defer d.close()
	return add(store.BackupFile{Name: dataFile(m.ID), Size: m.Tail - m.Base(), Content: d})
}
