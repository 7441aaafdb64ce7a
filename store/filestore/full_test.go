package filestore_test

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

// full is a store that takes more than it may hold in memory, on a disk that fails
// checkpoints, and the error it gives.
func full(t *testing.T, match func(op, name string) bool, cause error) (*filestore.Store, *hookFS, error) {
	o := synced(quiet)
	o.MaxMemoryBytes = 1 << 10
	s, fs := open(t, newMemFS(), o)
	fs.set(failing(cause, match))
	mustCreate(t, s, "a", "1")
	h := mustOpen(t, s, "a")
	defer h.Release()
	return s, fs, <-stageAppend(h, string(make([]byte, 4<<10)))
}

// TestMemoryFullDiskFull: changes are refused until there is room.
func TestMemoryFullDiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, fs, err := full(t, func(op, name string) bool { return op == "write" && under(name, "data") }, syscall.ENOSPC)
		if !errors.Is(err, store.ErrNoSpace) {
			t.Errorf("append beyond the memory bound: got error %v, want %v", err, store.ErrNoSpace)
		}
		h := mustOpen(t, s, "a")
		if err := <-stageAppend(h, "x"); !errors.Is(err, store.ErrAborted) {
			t.Errorf("append before Reset: got error %v, want %v", err, store.ErrAborted)
		}
		h.Reset()
		big := string(make([]byte, 4<<10))
		if err := <-stageAppend(h, big); !errors.Is(err, store.ErrNoSpace) {
			t.Errorf("append when memory and disk are full: got error %v, want %v", err, store.ErrNoSpace)
		}
		h.Reset()
		fs.unset()
		if err := <-stageAppend(h, big); err != nil {
			t.Errorf("append when there is room: got error %v, want nil", err)
		}
		h.Release()
		wantContent(t, s, map[string]string{"a": "1" + big})
		mustClose(t, s)
	})
}

// TestMemoryFullSyncFailed: a batch that waits for a checkpoint whose sync fails
// hears that the store is read-only, not that it is full.
func TestMemoryFullSyncFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, err := full(t, func(op, name string) bool { return op == "sync" && under(name, "data") }, syscall.EIO)
		if !errors.Is(err, store.ErrReadOnly) || errors.Is(err, store.ErrNoSpace) {
			t.Errorf("append beyond the memory bound: got error %v, want %v", err, store.ErrReadOnly)
		}
		s.Close()
	})
}

// TestCloseWhenFull closes while changes wait for room that does not come. They
// settle, and Close returns.
func TestCloseWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := full(t, func(op, name string) bool { return op == "write" && under(name, "data") }, syscall.ENOSPC)
		h := mustOpen(t, s, "a")
		h.Reset()
		var waiting []settled
		for range 3 {
			waiting = append(waiting, stageAppend(h, string(make([]byte, 2<<10))))
		}
		if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("close on a full disk: got error %v, want %v", err, syscall.ENOSPC)
		}
		for i, c := range waiting {
			if err := <-c; !errors.Is(err, store.ErrNoSpace) && !errors.Is(err, store.ErrAborted) {
				t.Errorf("change %d: got error %v, want %v", i, err, store.ErrNoSpace)
			}
		}
		h.Release()
	})
}
