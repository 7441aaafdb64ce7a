package acidstore

// FillMaps makes every shard of which a backup is being made look as if the next
// change needed a larger map.
func (s *Store) FillMaps() {
	for _, sh := range s.shards {
		if st := sh.still.Load(); st != nil {
			st.sh.settle(false)
			st.room = 0
		}
	}
}

// StillHeld counts the shards that are kept as they were.
func (s *Store) StillHeld() (n int) {
	for _, sh := range s.shards {
		if sh.still.Load() != nil {
			n++
		}
	}
	return n
}

// Fail turns a shard read-only.
func (s *Store) Fail(shard int) { s.shards[shard].fail(errAbandoned) }
