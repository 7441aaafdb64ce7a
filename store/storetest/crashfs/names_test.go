package crashfs_test

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/internal/vfs"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// names is what crashes now leave in the root folder.
func names(t *testing.T, fs *crashfs.FS) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	for seed := range uint64(200) {
		list, err := fs.Crash(fs.Calls(), crashfs.Seeded(seed)).List(".")
		must(t, err)
		found[fmt.Sprint(list)] = true
	}
	return found
}

func TestNameNeedsItsFolder(t *testing.T) {
	fs := crashfs.New()
	f, err := fs.Create("a")
	must(t, err)
	write(t, f, 0, "bytes")
	must(t, f.Sync())
	want(t, fs, crashfs.Synced, "a", "none")
	want(t, fs, crashfs.Everything, "a", "bytes")
	must(t, fs.SyncDir("."))
	want(t, fs, crashfs.Synced, "a", "bytes")
	must(t, fs.Remove("a"))
	want(t, fs, crashfs.Synced, "a", "bytes")
	must(t, fs.SyncDir("."))
	want(t, fs, crashfs.Synced, "a", "none")
}

func TestNamesAreIndependent(t *testing.T) {
	fs := crashfs.New()
	create(t, fs, "old")
	_, err := fs.Create("new")
	must(t, err)
	must(t, fs.Remove("old"))
	found := names(t, fs)
	for _, list := range []string{"[]", "[new]", "[old]", "[new old]"} {
		if !found[list] {
			t.Errorf("got no crash that leaves %s", list)
		}
	}
}

func TestRenameIsOneStep(t *testing.T) {
	fs := crashfs.New()
	write(t, create(t, fs, "a"), 0, "old")
	write(t, create(t, fs, "b"), 0, "new")
	for _, name := range []string{"a", "b"} {
		f, err := fs.OpenWrite(name)
		must(t, err)
		must(t, f.Sync())
	}
	must(t, fs.Rename("b", "a"))
	if found := names(t, fs); len(found) != 2 || !found["[a]"] || !found["[a b]"] {
		t.Errorf("crashes leave %v, want the name moved or not", found)
	}
	want(t, fs, crashfs.Synced, "a", "old")
	want(t, fs, crashfs.Everything, "a", "new")
	must(t, fs.SyncDir("."))
	want(t, fs, crashfs.Synced, "a", "new")
	want(t, fs, crashfs.Synced, "b", "none")
}

// TestFolders: a folder that is gone takes with it what is in it.
func TestFolders(t *testing.T) {
	fs := crashfs.New()
	must(t, fs.MkdirAll("x/y"))
	f, err := fs.Create("x/y/a")
	must(t, err)
	must(t, f.Sync())
	must(t, fs.SyncDir("x/y"))
	want(t, fs, crashfs.Synced, "x/y/a", "none")
	must(t, fs.SyncDir("x"))
	want(t, fs, crashfs.Synced, "x/y/a", "none")
	must(t, fs.SyncDir("."))
	want(t, fs, crashfs.Synced, "x/y/a", "")
	list, err := fs.List("x")
	must(t, err)
	if !slices.Equal(list, []string{"y"}) {
		t.Errorf("list: got %q, want y", list)
	}
}

func TestFailedSyncOfFolder(t *testing.T) {
	fs := crashfs.New()
	_, err := fs.Create("a")
	must(t, err)
	failOnce(fs, crashfs.OpSyncDir, crashfs.Nothing)
	if err := fs.SyncDir("."); err == nil {
		t.Fatal("sync of the folder: got no error, want the injected one")
	}
	must(t, fs.SyncDir("."))
	want(t, fs, crashfs.Synced, "a", "none")
	want(t, fs, crashfs.Everything, "a", "")
}

func TestMissing(t *testing.T) {
	fs := crashfs.New()
	for what, err := range map[string]error{
		"open":     second(fs.Open("a")),
		"create":   second(fs.Create("x/a")),
		"stat":     second(fs.Stat("a")),
		"list":     second(fs.List("x")),
		"remove":   fs.Remove("a"),
		"rename":   fs.Rename("a", "b"),
		"sync dir": fs.SyncDir("x"),
	} {
		if !errors.Is(err, iofs.ErrNotExist) {
			t.Errorf("%s of what is not there: got %v, want fs.ErrNotExist", what, err)
		}
	}
	if fs.Calls() != 0 {
		t.Errorf("calls in the log: got %d, want none", fs.Calls())
	}
}

func second[T any](_ T, err error) error { return err }

func TestLock(t *testing.T) {
	fs := crashfs.New()
	held, err := fs.Lock("LOCK")
	must(t, err)
	if _, err := fs.Lock("LOCK"); !errors.Is(err, vfs.ErrLocked) {
		t.Errorf("second lock: got %v, want ErrLocked", err)
	}
	must(t, held.Close())
	_, err = fs.Lock("LOCK")
	must(t, err)
}
