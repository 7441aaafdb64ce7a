package acidstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// noteFS notes what is done to the names in folders.
type noteFS struct {
	vfs.FS
	notes []string
}

func (f *noteFS) Remove(name string) error {
	err := f.FS.Remove(name)
	f.note("remove %s", name)
	return err
}

func (f *noteFS) Rename(from, to string) error {
	f.note("rename %s %s", from, to)
	return f.FS.Rename(from, to)
}

func (f *noteFS) SyncDir(name string) error {
	f.note("sync %s", name)
	return f.FS.SyncDir(name)
}

func (f *noteFS) note(format string, args ...any) {
	f.notes = append(f.notes, strings.ReplaceAll(fmt.Sprintf(format, args...), "acid/generation-00000", ""))
}

// Nothing is removed before that which takes its place is sure to stay, also when
// that has been made by another process.
func TestOfflineOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, dir, 2)
	expect := func(what string, f func(vfs.FS) error, want ...string) {
		t.Helper()
		fsys := &noteFS{FS: vfs.OS(dir)}
		if err := f(fsys); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if !slices.Equal(fsys.notes, want) {
			t.Errorf("%s: got\n%q, want\n%q", what, fsys.notes, want)
		}
	}
	reshard := func(fsys vfs.FS) error {
		_, err := acidstore.ReshardFS(t.Context(), dir, fsys, acidstore.Pace{Bytes: 1 << 20}, 1, nil)
		return err
	}
	expect("compact", func(fsys vfs.FS) error {
		_, _, err := acidstore.CompactFS(t.Context(), dir, fsys, acidstore.Pace{Bytes: 1 << 20}, nil)
		return err
	},
		"sync acid", "sync acid",
		"rename acid/building/000.db 1-shards-2/000.db", "sync 1-shards-2", "sync acid/building",
		"rename acid/building/001.db 1-shards-2/001.db", "sync 1-shards-2", "sync acid/building",
		"remove acid/building")
	expect("reshard", reshard,
		"sync acid", "sync acid/building", "rename acid/building 2-shards-1", "sync acid",
		"sync acid", "remove 1-shards-2/000.db", "remove 1-shards-2/001.db", "remove 1-shards-2")
	if err := vfs.OS(dir).MkdirAll("acid/generation-000001-shards-4"); err != nil {
		t.Fatal(err)
	}
	expect("reshard that is done already", reshard, "sync acid", "remove 1-shards-4")
}
