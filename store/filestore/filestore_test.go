package filestore_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/internal/vfs"
	"github.com/weirstreams/weir/store/storetest"
)

// tiny options make checkpoints happen all the time.
var tiny = filestore.Options{MaxMemoryBytes: 8 << 10, CheckpointLogBytes: 1 << 10, CheckpointInterval: time.Millisecond}

// quiet options make none happen that is not asked for.
var quiet = filestore.Options{CheckpointInterval: 1000 * time.Hour}

// synced has few enough zeros ahead that small logs use them up.
func synced(o filestore.Options) filestore.Options {
	o.Sync, o.ZeroAheadBytes = true, 1<<10
	return o
}

func TestSuiteOnDisk(t *testing.T) {
	for name, o := range map[string]filestore.Options{"fast": quiet, "durable": synced(quiet)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t storetest.TB) *storetest.Harness { return onDisk(t, o) })
		})
	}
}

func TestSuiteInMemory(t *testing.T) {
	for name, o := range map[string]filestore.Options{"fast": tiny, "durable": synced(tiny)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t storetest.TB) *storetest.Harness { return inMemory(t, o) })
		})
	}
}

func TestModel(t *testing.T) {
	for name, o := range map[string]filestore.Options{"quiet": synced(quiet), "tiny": synced(tiny)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Model(t, func(t storetest.TB) *storetest.Harness { return inMemory(t, o) })
		})
	}
}

// open opens a store on a file system, with a hook between them.
func open(t storetest.TB, below vfs.FS, o filestore.Options) (*filestore.Store, *hookFS) {
	t.Helper()
	fs := &hookFS{FS: below}
	s, err := filestore.OpenFS(fs, &o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s, fs
}

// onDisk is a harness on a real disk. A crash there is the end of the process.
func onDisk(t storetest.TB, o filestore.Options) *storetest.Harness {
	dir, err := os.MkdirTemp("", "filestore")
	if err != nil {
		t.Fatalf("make folder: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	var fs *hookFS
	h := harness(t, &fs)
	h.Open = func() (s store.Store) {
		s, fs = open(t, vfs.OS(dir), o)
		return s
	}
	h.Crash = func(s store.Store) {
		fs.kill()
		s.Close()
	}
	h.OpenCopy = func(files map[string][]byte) store.Store {
		to, err := os.MkdirTemp("", "filestore")
		if err != nil {
			t.Fatalf("make folder: %v", err)
		}
		t.Cleanup(func() { os.RemoveAll(to) })
		s, _ := open(t, filled(t, vfs.OS(to), files), o)
		return s
	}
	return h
}

// filled puts the files of a backup on an empty file system.
func filled(t storetest.TB, fs vfs.FS, files map[string][]byte) vfs.FS {
	t.Helper()
	for name, content := range files {
		dir := path.Dir(name)
		if err := fs.MkdirAll(dir); err != nil {
			t.Fatalf("make folder %s: %v", dir, err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		f, err := fs.Create(name)
		if err != nil {
			t.Fatalf("make %s: %v", name, err)
		}
		_, err = f.WriteAt(content, 0)
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatalf("write %s: %v", name, err)
		}
	}
	return fs
}

// inMemory is a harness on a disk in memory. A crash there is the end of the
// process, or with Options.Sync a power cut, which keeps what was synced, and of
// the rest by turns all, nothing, and some.
func inMemory(t storetest.TB, o filestore.Options) *storetest.Harness {
	var fs *hookFS
	disk, cuts, rng := newMemFS(), 0, rand.New(rand.NewPCG(1, 1))
	h := harness(t, &fs)
	h.Open = func() (s store.Store) {
		s, fs = open(t, disk, o)
		return s
	}
	h.Crash = func(s store.Store) {
		fs.kill()
		s.Close()
		cuts++
		disk = disk.powerCut(func() bool { return !o.Sync || cuts%3 == 1 || cuts%3 == 2 && rng.IntN(2) == 0 })
	}
	h.OpenCopy = func(files map[string][]byte) store.Store {
		s, _ := open(t, filled(t, newMemFS(), files), o)
		return s
	}
	return h
}

// harness fills in what needs no disk.
func harness(t storetest.TB, fs **hookFS) *storetest.Harness {
	return &storetest.Harness{
		Settle: func(s store.Store) {
			if err := s.(*filestore.Store).Checkpoint(); err != nil {
				t.Errorf("checkpoint: %v", err)
			}
		},
		Fill: func(store.Store) func() {
			(*fs).set(logIsFull())
			return (*fs).unset
		},
	}
}

// logIsFull lets records fail to be written to the log, half-way. Checkpoints,
// whose failure would be followed by a pause, may go on.
func logIsFull() hook {
	err := errors.Join(errTorn, syscall.ENOSPC)
	made := ""
	return func(op, name string) error {
		if !strings.HasPrefix(name, "file/wal/") {
			return nil
		}
		if op == "create" {
			made = name
		}
		if op == "write" && name != made {
			return err
		}
		if op == "write" {
			made = "" // the header of a new segment
		}
		return nil
	}
}
