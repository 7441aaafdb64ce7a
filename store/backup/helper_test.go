package backup_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/backup"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// fakeStore is a store of which only the files are there. A name that ends in a
// slash is a folder.
type fakeStore struct {
	store.Store
	files map[string]string
	err   error // in the place of the end
}

func (s fakeStore) Backup(_ context.Context, add func(store.BackupFile) error) error {
	names := make([]string, 0, len(s.files))
	for name := range s.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		content := s.files[name]
		if err := add(store.BackupFile{Name: name, Size: int64(len(content)), Content: strings.NewReader(content)}); err != nil {
			return err
		}
	}
	return s.err
}

// few are the files of a small store.
var few = map[string]string{
	"file/data/":                     "",
	"file/data/ff/00000000000001ff":  "content of one stream",
	"file/catalogue/00000104.table":  "",
	"file/UPPER-and_lower.CASE/4.db": strings.Repeat("records ", 100),
	"file/empty-for-a-while/":        "",
}

var about = backup.About{Mode: "file-durable", Server: "v0"}

// archive returns the archive of a store with these files.
func archive(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := backup.Write(t.Context(), &b, fakeStore{files: files}, about); err != nil {
		t.Fatalf("write: got error %v, want none", err)
	}
	return b.Bytes()
}

// receive unpacks an archive into the folder name of a file system.
func receive(ctx context.Context, fsys vfs.FS, name string, archive []byte) (m backup.Manifest, err error) {
	f, err := backup.NewFolderFS(fsys, name)
	if err != nil {
		return m, err
	}
	m, err = f.Receive(ctx, bytes.NewReader(archive), nil)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return m, err
}

// received returns the folder of a good backup.
func received(t testing.TB, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if _, err := receive(t.Context(), newFastFS(dir), "b", archive(t, files)); err != nil {
		t.Fatalf("receive: got error %v, want none", err)
	}
	return filepath.Join(dir, "b")
}

// tree returns the files below a folder, and its folders, which end in a slash.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, dir+"/"))
		if e.IsDir() {
			all[name+"/"] = ""
			return nil
		}
		b, err := os.ReadFile(path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// lacks says what of the files is not below a folder as it should be, or nil.
func lacks(all, files map[string]string) error {
	for name, want := range files {
		got, ok := all[name]
		if !ok {
			return fmt.Errorf("%s is missing", name)
		}
		if got != want {
			return fmt.Errorf("%s: got %.40q, want %.40q", name, got, want)
		}
	}
	return nil
}

func well(backup.Manifest) error { return nil }
