package crashfs_test

import (
	"io"
	"testing"

	"github.com/weirstreams/weir/store/internal/vfs"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// create makes an empty file whose name is durable.
func create(t *testing.T, fs *crashfs.FS, name string) vfs.File {
	t.Helper()
	f, err := fs.Create(name)
	must(t, err)
	must(t, fs.SyncDir("."))
	return f
}

func write(t *testing.T, f vfs.File, off int64, text string) {
	t.Helper()
	_, err := f.WriteAt([]byte(text), off)
	must(t, err)
}

// content is what a file holds, or "none" when it is not there.
func content(t *testing.T, fs *crashfs.FS, name string) string {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		return "none"
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	must(t, err)
	return string(b)
}

// want checks what a crash now leaves of a file.
func want(t *testing.T, fs *crashfs.FS, c crashfs.Choice, name, text string) {
	t.Helper()
	if got := content(t, fs.Crash(fs.Calls(), c), name); got != text {
		t.Errorf("%s after a crash, %s: got %q, want %q", name, c, got, text)
	}
}

// left is every content that crashes now leave of a file.
func left(t *testing.T, fs *crashfs.FS, name string) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	for seed := range uint64(400) {
		found[content(t, fs.Crash(fs.Calls(), crashfs.Seeded(seed)), name)] = true
	}
	return found
}
