package crashfs

import "github.com/weirstreams/weir/store/internal/vfs"

// GatherFrom says from how many files on there are groups that sync them all at once,
// now and on what a crash leaves; 0, as at first: never.
func (m *FS) GatherFrom(files int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gatherFrom = files
}

// Gather begins a group, for vfs.Gather. Its Sync makes every file durable, as syncfs
// does, and is one call in the log.
func (m *FS) Gather(files int) (vfs.Group, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed {
		return nil, failed(OpSyncAll, ".", ErrKilled)
	}
	if m.gatherFrom == 0 || files < m.gatherFrom {
		return nil, nil
	}
	return group{m}, nil
}

type group struct{ fs *FS }

// Sync implements vfs.Group.
func (g group) Sync() error {
	return g.fs.doSync(OpSyncAll, ".", func(lost bool) error {
		g.fs.logLocked(record{op: OpSyncAll, name: ".", failed: lost})
		return nil
	})
}

// Close implements vfs.Group.
func (g group) Close() error { return nil }
