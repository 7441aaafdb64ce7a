package memstore

// SetMax changes the memory that contents may take. No change may be under way.
func (s *Store) SetMax(n int64) { s.max = n }
