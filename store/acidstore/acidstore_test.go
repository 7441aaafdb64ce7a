package acidstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
	"github.com/weirstreams/weir/store/storetest"
)

func TestSuite(t *testing.T) { storetest.Run(t, harness) }

func TestModel(t *testing.T) { storetest.Model(t, harness) }

func harness(t storetest.TB) *storetest.Harness {
	dir, err := os.MkdirTemp("", "acidstore")
	if err != nil {
		t.Fatalf("make folder: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	fs := &fullFS{FS: vfs.OS(dir)}
	return &storetest.Harness{
		Open: func() store.Store {
			s, err := acidstore.OpenFS(dir, fs, &acidstore.Options{Shards: 4})
			if err != nil {
				t.Fatalf("open: %v", err)
			}
			return s
		},
		OpenCopy: func(files map[string][]byte) store.Store { return openCopy(t, files, 4) },
		Crash:    func(s store.Store) { s.(*acidstore.Store).Abandon() },
		Settle:   func(s store.Store) { s.(*acidstore.Store).Tidy() },
		Fill: func(s store.Store) func() {
			fs.full.Store(true)
			giveBack := s.(*acidstore.Store).SpendRoom()
			return func() {
				giveBack()
				fs.full.Store(false)
			}
		},
	}
}

// openCopy opens the files of a backup in a folder of their own.
func openCopy(t storetest.TB, files map[string][]byte, shards int) *acidstore.Store {
	t.Helper()
	dir, err := os.MkdirTemp("", "acidstore")
	if err != nil {
		t.Fatalf("make folder: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatalf("make folder of %s: %v", name, err)
		}
		if err := os.WriteFile(file, content, 0o640); err != nil {
			t.Fatalf("write %s: %v", name, err)
		}
	}
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: shards})
	if err != nil {
		t.Fatalf("open the copy: %v", err)
	}
	return s
}
