package catalogue

import (
	"fmt"
	"path"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// readManifest reads the manifest in dir. A damaged one is an error, never an
// empty catalogue.
func readManifest(fsys vfs.FS, dir string) (*manifest, error) {
	name := path.Join(dir, manifestName)
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", name, err)
	}
	if size > maxManifestLen {
		return nil, located(name, 0, damage("longer than allowed"))
	}
	b := make([]byte, size)
	if err := readFull(f, b, 0); err != nil {
		return nil, located(name, 0, err)
	}
	m, err := decodeManifest(b)
	if err != nil {
		return nil, located(name, 0, err)
	}
	return m, nil
}

// replaceManifest makes m the manifest of dir and returns when it is durable.
// An error that matches ErrBroken leaves the disk as it is, in one state or the
// other; after any other the old manifest stands and nothing is left over.
func replaceManifest(fsys vfs.FS, dir string, m *manifest) error {
	fresh, name := path.Join(dir, manifestNewName), path.Join(dir, manifestName)
	if err := writeSynced(fsys, fresh, m.encode()); err != nil {
		return err
	}
	// A crash from here on finds either manifest, each of them whole.
	if err := fsys.Rename(fresh, name); err != nil {
		return unknown("rename", fresh, err)
	}
	if err := fsys.SyncDir(dir); err != nil {
		return unknown("sync folder", dir, err)
	}
	return nil
}

// writeSynced makes a file of b and syncs it, but not its folder.
func writeSynced(fsys vfs.FS, name string, b []byte) error {
	out, err := createSink(fsys, name)
	if err != nil {
		return err
	}
	out.write(b)
	return out.finish(fsys)
}
