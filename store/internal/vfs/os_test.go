package vfs_test

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/internal/vfs"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, f vfs.File, err error, text string) {
	t.Helper()
	must(t, err)
	_, err = f.WriteAt([]byte(text), 0)
	must(t, err)
	must(t, f.Sync())
	must(t, f.Close())
}

func read(t *testing.T, d vfs.FS, name string) string {
	t.Helper()
	f, err := d.Open(name)
	must(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	must(t, err)
	return string(b)
}

func TestFiles(t *testing.T) {
	d := vfs.OS(t.TempDir())
	must(t, d.MkdirAll("a/b"))
	must(t, d.MkdirAll("a/b"))
	f, err := d.Create("a/b/two")
	write(t, f, err, "second")
	f, err = d.OpenWrite("a/b/one")
	write(t, f, err, "first")
	f, err = d.OpenWrite("a/b/two")
	write(t, f, err, "SE")
	if got, want := read(t, d, "a/b/two"), "SEcond"; got != want {
		t.Errorf("after OpenWrite: got %q, want %q", got, want)
	}
	f, err = d.Create("a/b/two")
	write(t, f, err, "new")
	if got, want := read(t, d, "a/b/two"), "new"; got != want {
		t.Errorf("after Create: got %q, want %q", got, want)
	}
	names, err := d.List("a/b")
	must(t, err)
	if want := []string{"one", "two"}; !slices.Equal(names, want) {
		t.Errorf("List: got %q, want %q", names, want)
	}
	must(t, d.Rename("a/b/one", "a/b/two"))
	must(t, d.SyncDir("a/b"))
	if got, want := read(t, d, "a/b/two"), "first"; got != want {
		t.Errorf("after Rename: got %q, want %q", got, want)
	}
	must(t, d.Remove("a/b/two"))
	for what, err := range map[string]error{
		"Remove": d.Remove("a/b/two"),
		"Stat":   second(d.Stat("a/b/two")),
		"Open":   second(d.Open("a/b/two")),
		"List":   second(d.List("a/c")),
	} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s of what is not there: got %v, want fs.ErrNotExist", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestLock(t *testing.T) {
	d := vfs.OS(t.TempDir())
	held, err := d.Lock("LOCK")
	must(t, err)
	if _, err := d.Lock("LOCK"); !errors.Is(err, vfs.ErrLocked) {
		t.Errorf("second lock: got %v, want ErrLocked", err)
	}
	must(t, held.Close())
	again, err := d.Lock("LOCK")
	must(t, err)
	must(t, again.Close())
}

func TestOSFile(t *testing.T) {
	d := vfs.OS(t.TempDir())
	f, err := d.Create("x")
	must(t, err)
	defer f.Close()
	if vfs.OSFile(f) == nil {
		t.Error("a real file has no *os.File below it")
	}
	if vfs.OSFile(struct{ vfs.File }{f}) != nil {
		t.Error("a wrapped file passes for a real one")
	}
}
