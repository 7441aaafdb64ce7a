package acidstore_test

import (
	"os"
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
		Crash:  func(s store.Store) { s.(*acidstore.Store).Abandon() },
		Settle: func(s store.Store) { s.(*acidstore.Store).Tidy() },
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
