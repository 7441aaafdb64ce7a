package filestore_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

// manyStreams is enough of them for a checkpoint to write their files side by side.
const manyStreams = 200

// fillMany appends to every stream, and creates those that are not there.
func fillMany(t *testing.T, s *filestore.Store, want map[string]string, round int) {
	t.Helper()
	for i := range manyStreams {
		name, text := fmt.Sprintf("s%03d", i), fmt.Sprintf("%d.%d ", i, round)
		if round == 0 {
			mustCreate(t, s, name, text)
		} else {
			mustAppend(t, s, name, text)
		}
		want[name] += text
	}
}

// TestCheckpointOfManyFiles: whatever a checkpoint has written side by side survives a
// loss of power as soon as the log may go.
func TestCheckpointOfManyFiles(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	want := make(map[string]string)
	for round := range 3 {
		fillMany(t, s, want, round)
		mustCheckpoint(t, s)
	}
	for _, all := range []bool{false, true} {
		again, _ := open(t, crash(s, fs, all), synced(quiet))
		wantContent(t, again, want)
		mustClose(t, again)
	}
}

// TestFailedSyncOfOneOfMany: one file of many whose sync fails turns the store
// read-only, and nothing leaves the log.
func TestFailedSyncOfOneOfMany(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	want := make(map[string]string)
	fillMany(t, s, want, 0)
	var syncs atomic.Int64
	fs.set(func(op, name string) error {
		if op == "sync" && under(name, "data") && syncs.Add(1) == manyStreams/2 {
			return syscall.EIO
		}
		return nil
	})
	if err := s.Checkpoint(); !errors.Is(err, syscall.EIO) {
		t.Errorf("checkpoint: got error %v, want %v", err, syscall.EIO)
	}
	if err := s.Health(); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("health: got %v, want %v", err, store.ErrReadOnly)
	}
	for _, all := range []bool{false, true} {
		again, _ := open(t, crash(s, fs, all), synced(quiet))
		wantContent(t, again, want)
		mustClose(t, again)
	}
}
