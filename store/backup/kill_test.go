package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/backup"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// TestReceiveKilled ends the process before each call of a backup. The folder has
// its name only when all is in it, and the next attempt succeeds.
func TestReceiveKilled(t *testing.T) {
	packed := archive(t, few)
	for kill := 1; ; kill++ {
		dir := t.TempDir()
		fsys := newFastFS(dir)
		fsys.kill = kill
		_, err := receive(t.Context(), fsys, "b", packed)
		if _, statErr := os.Stat(filepath.Join(dir, "b")); statErr == nil {
			if err := lacks(tree(t, filepath.Join(dir, "b")), few); err != nil {
				t.Fatalf("killed at call %d: the folder has its name, but %v", kill, err)
			}
		}
		if err == nil {
			return
		}
		if _, err := os.Stat(filepath.Join(dir, "b")); err == nil {
			continue
		}
		if _, err := receive(t.Context(), newFastFS(dir), "b", packed); err != nil {
			t.Fatalf("after a kill at call %d: got error %v, want none", kill, err)
		}
		if all := tree(t, dir); all["b.partial/"] != "" || lacks(tree(t, filepath.Join(dir, "b")), few) != nil {
			t.Fatalf("after a kill at call %d: got %v, want the backup alone", kill, all)
		}
	}
}

// TestRestoreKilled ends the process before each call of a restore. What is left
// is all of the streams, or it is known to be unfinished; before the first call
// that matters it is nothing. The next attempt succeeds.
func TestRestoreKilled(t *testing.T) {
	from := vfs.OS(received(t, few))
	for kill := 1; ; kill++ {
		to := t.TempDir()
		fsys := newFastFS(to)
		fsys.kill = kill
		_, err := backup.RestoreFS(t.Context(), from, fsys, well)
		all := tree(t, to)
		whole := lacks(all, few) == nil
		switch unfinished := backup.UnfinishedFS(vfs.OS(to)); {
		case err == nil && (!whole || unfinished != nil):
			t.Fatalf("restored: got %v and %v, want the streams", all, unfinished)
		case err == nil:
			return
		case unfinished == nil && !whole && len(all) > 0:
			t.Fatalf("killed at call %d: got a directory that looks finished, with %v", kill, all)
		case unfinished != nil && hasStreams(all):
			t.Fatalf("killed at call %d: got streams in their place and %v", kill, unfinished)
		}
		if !errors.Is(err, errKilled) {
			t.Fatalf("killed at call %d: got error %v, want %v", kill, err, errKilled)
		}
		if whole {
			continue
		}
		if _, err := backup.RestoreFS(t.Context(), from, newFastFS(to), well); err != nil {
			t.Fatalf("after a kill at call %d: got error %v, want none", kill, err)
		}
		if err := lacks(tree(t, to), few); err != nil {
			t.Fatalf("after a kill at call %d: %v", kill, err)
		}
	}
}

func hasStreams(all map[string]string) bool {
	for name := range all {
		if strings.HasPrefix(name, "file/") {
			return true
		}
	}
	return false
}

// orderFS wants everything durable before a rename, but for the folder that it
// happens in.
type orderFS struct {
	*fastFS
	t       *testing.T
	renames int
}

func (f *orderFS) Rename(from, to string) error {
	f.renames++
	if left := f.unsynced("."); len(left) > 0 {
		f.t.Errorf("rename of %s: got %q not synced, want everything", from, left)
	}
	return f.fastFS.Rename(from, to)
}

func TestDurableBeforeTheRename(t *testing.T) {
	dir := t.TempDir()
	to := &orderFS{fastFS: newFastFS(dir), t: t}
	if _, err := receive(t.Context(), to, "b", archive(t, few)); err != nil {
		t.Fatal(err)
	}
	restored := &orderFS{fastFS: newFastFS(t.TempDir()), t: t}
	if _, err := backup.RestoreFS(t.Context(), vfs.OS(filepath.Join(dir, "b")), restored, well); err != nil {
		t.Fatal(err)
	}
	for what, fsys := range map[string]*orderFS{"receive": to, "restore": restored} {
		if left := fsys.unsynced(""); len(left) > 0 || fsys.renames != 1 {
			t.Errorf("after %s: got %d renames and %q not synced, want 1 and nothing", what, fsys.renames, left)
		}
	}
}
