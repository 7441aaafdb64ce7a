package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// keptDir holds, while a backup is made, the data files that checkpoints would
// remove: the backup may still have to copy them. What a crash has left there
// belongs to no stream.
const keptDir = "file/kept"

func keptFile(id uint64) string { return path.Join(keptDir, path.Base(dataFile(id))) }

// unlink takes a data file out of its folder. A backup that has noted the file,
// and does not find it there, finds it among those that are kept.
func (c *checkpointer) unlink(id uint64) error {
	if c.keeping {
		return c.s.fs.Rename(dataFile(id), keptFile(id))
	}
	return c.s.fs.Remove(dataFile(id))
}

// dropKept ends the keeping of data files and removes those that were kept. What
// it cannot remove is left for the next backup or the next start.
func (s *Store) dropKept() {
	s.checkpoints.running.Lock()
	s.checkpoints.keeping = false
	s.checkpoints.running.Unlock()
	s.clearKept()
}

// clearKept removes what a backup of before has kept.
func (s *Store) clearKept() {
	if err := s.removeKept(); err != nil {
		s.log.Warn().Err(err).Msg("data files of deleted streams take up room until the next start")
	}
}

func (s *Store) removeKept() error {
	names, err := s.fs.List(keptDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into %s: %w", keptDir, err)
	}
	for _, name := range names {
		if err := s.fs.Remove(path.Join(keptDir, name)); err != nil {
			return fmt.Errorf("remove %s/%s: %w", keptDir, name, err)
		}
	}
	if err := s.fs.Remove(keptDir); err != nil {
		return fmt.Errorf("remove %s: %w", keptDir, err)
	}
	return nil
}
