package vfs_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// stateOf opens a file and asks for its state.
func stateOf(t *testing.T, fs vfs.FS, name string) vfs.State {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	state, known := vfs.StateOf(f)
	if !known {
		t.Fatalf("%s: got no state, want one", name)
	}
	return state
}

// TestStateOf changes a file in every way in which it can become another.
func TestStateOf(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	write := func(bytes string) {
		if err := os.WriteFile(path, []byte(bytes), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	fs := vfs.OS(dir)
	before := stateOf(t, fs, "file")
	if again := stateOf(t, fs, "file"); again != before {
		t.Errorf("untouched file: got %+v, want %+v again", again, before)
	}
	for name, change := range map[string]func() error{
		"written":  func() error { return os.WriteFile(path, []byte("longer"), 0o600) },
		"touched":  func() error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) },
		"replaced": func() error { return os.Rename(filepath.Join(dir, "new"), path) },
	} {
		if err := os.WriteFile(filepath.Join(dir, "new"), []byte("one"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := stateOf(t, fs, "file")
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if after := stateOf(t, fs, "file"); after == before {
			t.Errorf("%s: got the same state %+v, want another", name, after)
		}
	}
}

// embedded is a file that hides what is below it.
type embedded struct{ vfs.File }

func TestStateIsNotKnown(t *testing.T) {
	fs := vfs.OS(t.TempDir())
	f, err := fs.Create("file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if state, known := vfs.StateOf(embedded{f}); known {
		t.Errorf("a file of another kind: got state %+v, want none", state)
	}
}

// TestDropCached reads what was written, as before.
func TestDropCached(t *testing.T) {
	f, err := vfs.OS(t.TempDir()).Create("file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("bytes"), 0); err != nil {
		t.Fatal(err)
	}
	for _, file := range []vfs.File{f, embedded{f}} {
		vfs.DropCached(file, 0, 0)
		got := make([]byte, 5)
		if _, err := file.ReadAt(got, 0); err != nil || string(got) != "bytes" {
			t.Errorf("got %q and error %v, want the bytes that were written", got, err)
		}
	}
}
