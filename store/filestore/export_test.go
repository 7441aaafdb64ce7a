package filestore

// Checkpoint runs a checkpoint in the goroutine that does it in life.
func (s *Store) Checkpoint() error { return <-s.checkpoints.request() }

// InMemory returns how many streams are in memory, and how many deleted ones the
// catalogue still has.
func (s *Store) InMemory() (live, hidden int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live), len(s.hidden)
}

// DataFile returns the name of a stream's data file.
func DataFile(id uint64) string { return dataFile(id) }
