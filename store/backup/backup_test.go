package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/backup"
	"github.com/weirstreams/weir/store/internal/vfs"
)

func TestRoundTrip(t *testing.T) {
	many := maps.Clone(few)
	for i := range backup.ListFiles + 3 {
		many[fmt.Sprintf("file/data/%02x/%016x", i%256, i+1000)] = fmt.Sprint(i)
	}
	for name, files := range map[string]map[string]string{"few": few, "more than a list": many} {
		t.Run(name, func(t *testing.T) {
			from := received(t, files)
			if err := lacks(tree(t, from), files); err != nil {
				t.Errorf("the backup: %v", err)
			}
			to := t.TempDir()
			m, err := backup.RestoreFS(t.Context(), vfs.OS(from), newFastFS(to), well)
			if err != nil {
				t.Fatalf("restore: got error %v, want none", err)
			}
			if m.Mode != about.Mode || m.Server != about.Server || m.Files != ordinary(files) {
				t.Errorf("manifest: got %+v, want mode %s, server %s, %d files", m, about.Mode, about.Server, ordinary(files))
			}
			all := tree(t, to)
			if err := lacks(all, files); err != nil {
				t.Errorf("the restored directory: %v", err)
			}
			for name := range all {
				if !strings.HasPrefix(name, "file/") {
					t.Errorf("the restored directory: got %s, want only the store's files", name)
				}
			}
		})
	}
}

func ordinary(files map[string]string) (n int64) {
	for name := range files {
		if !strings.HasSuffix(name, "/") {
			n++
		}
	}
	return n
}

// The lists are what sha256sum reads, so that a backup can be checked anywhere.
func TestListsAreReadBySha256sum(t *testing.T) {
	tool, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("there is no sha256sum")
	}
	dir := received(t, few)
	check := exec.Command(tool, "--check", "--strict", "--quiet", "sums/000001.sha256")
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: got %v and %s, want no complaint", err, out)
	}
}

func TestFolderMustBeFree(t *testing.T) {
	dir := t.TempDir()
	fsys := newFastFS(dir)
	for _, name := range []string{"taken", "stranger.partial"} {
		if err := fsys.MkdirAll(name); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "letters"), []byte("dear"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"taken":    "the folder taken is not empty",
		"stranger": "no backup has left it",
	} {
		if _, err := receive(t.Context(), fsys, name, archive(t, few)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("receive into %s: got error %v, want one with %q", name, err, want)
		}
	}
	if _, err := backup.NewFolder(filepath.Join(dir, "not", "there")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder in none: got error %v, want %v", err, fs.ErrNotExist)
	}
	if err := fsys.MkdirAll("empty"); err != nil {
		t.Fatal(err)
	}
	if _, err := receive(t.Context(), fsys, "empty", archive(t, few)); err != nil {
		t.Errorf("receive into an empty folder: got error %v, want none", err)
	}
}

func TestTwoBackupsToOneFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	f, err := backup.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.NewFolder(dir); err == nil || !strings.Contains(err.Error(), "another backup") {
		t.Errorf("second backup to one folder: got error %v, want one about another backup", err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("close: got error %v, want none", err)
	}
	if left := tree(t, filepath.Dir(dir)); len(left) > 0 {
		t.Errorf("after a backup that was given up: got %v, want nothing left", left)
	}
}

// What a store refuses to begin with leaves the archive without a byte, so that
// the refusal can be told in its place.
func TestRefusedBeforeTheFirstByte(t *testing.T) {
	var b bytes.Buffer
	_, err := backup.Write(t.Context(), &b, fakeStore{err: store.ErrNoFiles}, about)
	if !errors.Is(err, store.ErrNoFiles) || b.Len() > 0 {
		t.Errorf("write: got error %v and %d bytes, want %v and none", err, b.Len(), store.ErrNoFiles)
	}
}

// A store that fails half-way leaves an archive that nobody takes for whole.
func TestFailedStore(t *testing.T) {
	damage := &store.CorruptionError{File: "file/data/01/1", Reason: "rot"}
	var b bytes.Buffer
	if _, err := backup.Write(t.Context(), &b, fakeStore{files: few, err: damage}, about); !errors.Is(err, damage) {
		t.Errorf("write: got error %v, want %v", err, damage)
	}
	dir := t.TempDir()
	if _, err := receive(t.Context(), newFastFS(dir), "b", b.Bytes()); !errors.Is(err, backup.ErrIncomplete) {
		t.Errorf("receive: got error %v, want %v", err, backup.ErrIncomplete)
	}
	if left := tree(t, dir); len(left) > 0 {
		t.Errorf("after an incomplete backup: got %v, want nothing left", left)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if _, err := receive(ctx, newFastFS(dir), "b", archive(t, few)); !errors.Is(err, context.Canceled) {
		t.Errorf("receive: got error %v, want %v", err, context.Canceled)
	}
	if _, err := backup.RestoreFS(ctx, vfs.OS(received(t, few)), newFastFS(dir), well); !errors.Is(err, context.Canceled) {
		t.Errorf("restore: got error %v, want %v", err, context.Canceled)
	}
	if err := backup.Unfinished(dir); err == nil {
		t.Error("after an interrupted restore: got a directory that looks finished")
	}
}
