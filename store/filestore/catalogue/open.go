package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// Open opens the catalogue in folder dir of fsys, "." for its root, and makes
// both when they are missing; nil options are the defaults. It removes files
// that a commit cut short left behind, and nothing when it fails. The error
// matches ErrVersion, is a *CorruptionError that names the file, or is a
// failure of the file system.
func Open(fsys vfs.FS, dir string, o *Options) (*Catalogue, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	dir = path.Clean(dir)
	s, err := load(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	return &Catalogue{fs: fsys, dir: dir, opts: opts, current: s}, nil
}

// OpenReadOnly is Open for looking only: it changes nothing on the disk, and what
// it returns must not be given a Commit. A catalogue that is not there is an error
// that matches fs.ErrNotExist.
func OpenReadOnly(fsys vfs.FS, dir string) (*Catalogue, error) {
	dir = path.Clean(dir)
	names, err := fsys.List(dir)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: list folder %s: %w", dir, err)
	}
	if !slices.Contains(names, manifestName) && slices.ContainsFunc(names, isTableName) {
		return nil, fmt.Errorf("open catalogue: %w", manifestMissing(dir))
	}
	m, err := readManifest(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	tables, err := openTables(fsys, dir, m.tables)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	return &Catalogue{fs: fsys, dir: dir, current: newSnapshot(m.next, m.root, tables)}, nil
}

func load(fsys vfs.FS, dir string) (*snapshot, error) {
	if err := fsys.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("make folder %s: %w", dir, err)
	}
	names, err := fsys.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list folder %s: %w", dir, err)
	}
	if !slices.Contains(names, manifestName) {
		if err := create(fsys, dir, names); err != nil {
			return nil, err
		}
	}
	m, err := readManifest(fsys, dir)
	if err != nil {
		return nil, err
	}
	// The crash, or the failure, before this Open may have come between a
	// rename and the sync of its folder. Before anyone acts on the manifest, by
	// removing tables here or trimming a log elsewhere, it must be the one that
	// a power failure leaves.
	if err := fsys.SyncDir(dir); err != nil {
		return nil, fmt.Errorf("sync folder %s: %w", dir, err)
	}
	tables, err := openTables(fsys, dir, m.tables)
	if err != nil {
		return nil, err
	}
	s := newSnapshot(m.next, m.root, tables)
	if err := sweep(fsys, dir, names, m.tables); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// create makes an empty catalogue durable before anything else is written, so
// that tables without a manifest always mean that the manifest was lost.
func create(fsys vfs.FS, dir string, names []string) error {
	if slices.ContainsFunc(names, isTableName) {
		return manifestMissing(dir)
	}
	for parent := dir; parent != "." && parent != "/"; {
		parent = path.Dir(parent)
		if err := fsys.SyncDir(parent); err != nil {
			return fmt.Errorf("sync folder %s: %w", parent, err)
		}
	}
	return replaceManifest(fsys, dir, &manifest{next: 1})
}

func manifestMissing(dir string) error {
	return located(path.Join(dir, manifestName), 0, damage("it is missing, but there are tables"))
}

// openTables opens all or none.
func openTables(fsys vfs.FS, dir string, refs []tableRef) ([]*table, error) {
	tables := make([]*table, 0, len(refs))
	for _, ref := range refs {
		t, err := openTable(fsys, dir, ref)
		if err != nil {
			for _, opened := range tables {
				_ = opened.file.Close()
			}
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// sweep removes what a crash left behind: an unfinished manifest, and tables
// that were never, or are no longer, named by one.
func sweep(fsys vfs.FS, dir string, names []string, live []tableRef) error {
	for _, name := range leftovers(names, live) {
		err := fsys.Remove(path.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove leftover %s: %w", path.Join(dir, name), err)
		}
	}
	return nil
}

// leftovers picks the files that sweep would remove.
func leftovers(names []string, live []tableRef) (out []string) {
	keep := make(map[string]bool, len(live))
	for _, ref := range live {
		keep[tableName(ref.number)] = true
	}
	for _, name := range names {
		if (name == manifestNewName || isTableName(name)) && !keep[name] {
			out = append(out, name)
		}
	}
	return out
}

// Leftovers returns the files in the folder that a commit cut short has left, and
// that Open would remove. Nobody commits meanwhile.
func (c *Catalogue) Leftovers() ([]string, error) {
	s := c.acquire()
	if s == nil {
		return nil, ErrClosed
	}
	defer s.release()
	names, err := c.fs.List(c.dir)
	if err != nil {
		return nil, fmt.Errorf("list folder %s: %w", c.dir, err)
	}
	return leftovers(names, s.manifest().tables), nil
}
