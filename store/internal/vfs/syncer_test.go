package vfs_test

import (
	"errors"
	"sync"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// TestManySyncs has more syncs at a time than the kernel is given at once.
func TestManySyncs(t *testing.T) {
	f, err := vfs.OS(t.TempDir()).Create("file")
	must(t, err)
	defer f.Close()
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if _, err := f.WriteAt([]byte{byte(i)}, int64(i)); err != nil {
				t.Error(err)
			}
			if err := f.Sync(); err != nil {
				t.Errorf("sync %d: got error %v, want nil", i, err)
			}
		})
	}
	all.Wait()
	if !vfs.CanWaitForSyncs() {
		t.Error("a sync was not given back, or this system has none that is asynchronous")
	}
}

// TestSyncOfClosedFile: the outcome of a sync is that of the file, and one that
// could not begin is not taken for a success.
func TestSyncOfClosedFile(t *testing.T) {
	f, err := vfs.OS(t.TempDir()).Create("file")
	must(t, err)
	must(t, f.Close())
	if err := f.Sync(); err == nil {
		t.Error("sync of a closed file: got no error")
	}
}

// TestSyncReportsFailure: what cannot be synced says so, whoever is asked.
func TestSyncReportsFailure(t *testing.T) {
	f, err := vfs.OS("/dev").OpenWrite("null")
	must(t, err)
	defer f.Close()
	if err := f.Sync(); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("sync of a device that has none: got error %v, want %v", err, syscall.EINVAL)
	}
}
