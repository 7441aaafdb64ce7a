package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// restoringDir holds a data directory that is being restored. Its streams get
// their place by one rename, when all of them are there and well.
const restoringDir = "restoring"

// Restore copies the backup in the folder from to the data directory to, which
// must not exist or be empty, and which no server may be using. Every file is
// held against its checksum. Before the streams get their place, verify is given
// a directory that they can be opened in.
//
// Whatever cuts it short leaves a folder that Unfinished knows, and that the next
// Restore begins anew.
func Restore(ctx context.Context, from, to string, verify func(dir string, m Manifest) error, p Progress) (Manifest, error) {
	if err := os.MkdirAll(to, 0o750); err != nil {
		return Manifest{}, fmt.Errorf("make data directory: %w", err)
	}
	r := restoration{from: vfs.OS(from), to: vfs.OS(to), watch: watch{ctx: ctx, progress: p}}
	lock, err := r.to.Lock(lockFile)
	if errors.Is(err, vfs.ErrLocked) {
		return Manifest{}, fmt.Errorf("%w: %w", store.ErrInUse, err)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("lock data directory: %w", err)
	}
	defer lock.Close()
	r.verify = func(m Manifest) error { return verify(filepath.Join(to, restoringDir), m) }
	return r.run()
}

// Unfinished returns an error when a restore into the data directory dir has not
// come to its end. A directory that does not exist is none of that.
func Unfinished(dir string) error { return unfinished(vfs.OS(dir)) }

func unfinished(fsys vfs.FS) error {
	left, err := fsys.List(restoringDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into %s: %w", restoringDir, err)
	}
	names, err := fsys.List(".")
	if err != nil {
		return fmt.Errorf("look into data directory: %w", err)
	}
	// The streams have left it for their place, and only it is left over.
	if len(left) == 0 && len(foreign(names)) > 0 {
		return nil
	}
	return fmt.Errorf("the folder %s holds a restore that did not come to its end: "+
		"run \"weir restore\" again, or remove the folder", restoringDir)
}

// foreign returns those of a data directory's names that a restore does not expect
// there.
func foreign(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		return name == lockFile || name == restoringDir || name == "lost+found"
	})
}

// restoration is one run of Restore.
type restoration struct {
	from, to vfs.FS
	verify   func(Manifest) error
	watch    watch
	tree     *tree
	top      string // of all names, "" before the first
}

func (r *restoration) run() (Manifest, error) {
	m, err := r.manifest()
	if err != nil {
		return m, err
	}
	if err := r.begin(); err != nil {
		return m, err
	}
	r.watch.total = m.Bytes
	if err := r.copy(&m); err != nil {
		return m, errors.Join(err, r.tree.wait())
	}
	if err := r.tree.finish(); err != nil {
		return m, err
	}
	if err := r.verify(m); err != nil {
		return m, fmt.Errorf("verify restored streams: %w", err)
	}
	return m, r.publish()
}

func (r *restoration) manifest() (Manifest, error) {
	b, err := r.small(manifestName, maxManifestBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("%w: it has no %s", ErrIncomplete, manifestName)
	}
	if err != nil {
		return Manifest{}, err
	}
	m, err := decodeManifest(b)
	if err == nil && m.Files == 0 {
		err = &DamageError{manifestName, "it has no files"}
	}
	return m, err
}

// begin empties the place that is copied to. Its name is durable before anything
// is in it: no crash leaves a directory that looks as if nobody had used it.
func (r *restoration) begin() error {
	names, err := r.to.List(".")
	if err != nil {
		return fmt.Errorf("look into data directory: %w", err)
	}
	if others := foreign(names); len(others) > 0 {
		return fmt.Errorf("it is not empty, there is %q: restore into a directory that is empty or does not exist", others[0])
	}
	if r.tree, err = newTree(r.to, restoringDir); err != nil {
		return err
	}
	if err := r.to.SyncDir("."); err != nil {
		return fmt.Errorf("sync data directory: %w", err)
	}
	return empty(r.to, restoringDir, "")
}

func (r *restoration) copy(m *Manifest) error {
	for _, dir := range m.Folders {
		if err := r.below(dir); err != nil {
			return err
		}
		if err := r.tree.folder(dir); err != nil {
			return err
		}
	}
	for _, l := range m.Lists {
		files, err := r.list(l)
		if err != nil {
			return err
		}
		before := r.watch.done
		for _, f := range files {
			if err := r.file(f); err != nil {
				return err
			}
		}
		if r.watch.done-before != l.Bytes {
			return &DamageError{l.Name, "its files have another length than they had"}
		}
	}
	return nil
}

// list reads and verifies one list.
func (r *restoration) list(l List) ([]entry, error) {
	b, err := r.small(l.Name, maxListBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &DamageError{l.Name, "it is missing"}
	}
	if err != nil {
		return nil, err
	}
	if hexSum(b) != l.SHA256 {
		return nil, &DamageError{l.Name, "its checksum does not match"}
	}
	files, err := decodeList(b)
	if err != nil || int64(len(files)) != l.Files {
		return nil, &DamageError{l.Name, "it is no list of so many files"}
	}
	return files, nil
}

// file copies and verifies one file.
func (r *restoration) file(e entry) error {
	if err := r.below(e.name); err != nil {
		return err
	}
	f, err := r.from.Open(e.name)
	if errors.Is(err, fs.ErrNotExist) {
		return &DamageError{e.name, "it is missing"}
	}
	if err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	defer f.Close()
	sum, size, err := r.tree.write(e.name, r.watch.reader(f))
	if err != nil {
		return err
	}
	if sum != e.sum {
		return &DamageError{e.name, fmt.Sprintf("the checksum of its %d bytes does not match", size)}
	}
	return nil
}

// below checks that all files lie below one folder, as those of one tier do.
func (r *restoration) below(name string) error {
	if r.top == "" {
		r.top = top(name)
	}
	if top(name) != r.top {
		return &DamageError{manifestName, "its files are not those of one store"}
	}
	return nil
}

// small reads a file of our own.
func (r *restoration) small(name string, most int64) ([]byte, error) {
	f, err := r.from.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	if int64(len(b)) > most {
		return nil, &DamageError{name, fmt.Sprintf("it has more than the %d bytes of the longest", most)}
	}
	return b, nil
}

// publish gives the streams their place.
func (r *restoration) publish() error {
	if err := empty(r.to, restoringDir, r.top); err != nil { // of what verifying has left
		return err
	}
	if err := r.to.Rename(restoringDir+"/"+r.top, r.top); err != nil {
		return fmt.Errorf("put the streams in their place: %w", err)
	}
	for _, dir := range []string{".", restoringDir} {
		if err := r.to.SyncDir(dir); err != nil {
			return fmt.Errorf("put the streams in their place: %w", err)
		}
	}
	if err := r.to.Remove(restoringDir); err != nil {
		return fmt.Errorf("remove %s: %w", restoringDir, err)
	}
	if err := r.to.SyncDir("."); err != nil {
		return fmt.Errorf("sync data directory: %w", err)
	}
	return nil
}
