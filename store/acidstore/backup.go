package acidstore

import (
	"context"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// Backup implements store.Store. Commits are held for the moment in which every
// shard is noted as it is. From then until a shard is copied its file grows by
// what is written to it, since the pages of that moment are not used again.
//
// Each copy is like a shard of a server that was killed: what the list of free
// pages is has to be found out by the next start, unless nothing has been written
// to the shard since it was closed in order.
func (s *Store) Backup(ctx context.Context, add func(store.BackupFile) error) error {
	return s.backups.Run(ctx, func(ctx context.Context) error { return s.backUp(ctx, add) })
}

func (s *Store) backUp(ctx context.Context, add func(store.BackupFile) error) error {
	stills, err := s.standStill()
	defer func() {
		for _, st := range stills {
			st.close()
		}
	}()
	if err != nil {
		return err
	}
	for len(stills) > 0 {
		st := stills[0]
		if err := st.verify(ctx); err != nil {
			return err
		}
		if err := add(store.BackupFile{Name: st.sh.file, Size: st.size, Content: st.reader()}); err != nil {
			return err
		}
		st.close()
		stills = stills[1:]
	}
	return nil
}

// standStill notes all shards between two commits. After an error some may have
// been noted; they are to be closed all the same.
func (s *Store) standStill() (stills []*still, err error) {
	s.turns.hold()
	defer s.turns.resume()
	for _, sh := range s.shards {
		if err := sh.failure(); err != nil {
			return stills, err
		}
		st, err := sh.standStill()
		if err != nil {
			return stills, err
		}
		stills = append(stills, st)
	}
	return stills, nil
}

// StoredShards returns how many shards the store in dir has, or ErrNoStore. It
// opens nothing.
func StoredShards(dir string) (int, error) {
	g, _, found, err := current(vfs.OS(dir))
	if err == nil && !found {
		err = ErrNoStore
	}
	return g.shards, err
}
