package filestore_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/weirstreams/weir/store/filestore"
)

// TestRoomOfThePresentCheckpoint: changes that find no room while a checkpoint runs go
// on when it has ended. Another checkpoint would write a file for each stream again, for
// the few bytes that came meanwhile.
func TestRoomOfThePresentCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := synced(quiet)
		o.MaxMemoryBytes = 64 << 10
		s, fs := open(t, newMemFS(), o)
		mustCreate(t, s, "a", "1")
		mustCreate(t, s, "b", "1")
		h := mustOpen(t, s, "a")
		writing, write := make(chan struct{}), make(chan struct{})
		fs.set(func(op, name string) error {
			if op == "sync" && under(name, "data") && !isClosed(writing) {
				close(writing)
				<-write
			}
			return nil
		})
		mustAppend(t, s, "a", string(make([]byte, 56<<10))) // a checkpoint is due
		<-writing
		mustAppend(t, s, "b", "2") // for another checkpoint, which is not due
		stalled := stageAppend(h, string(make([]byte, 16<<10)))
		synctest.Wait()
		if len(stalled) > 0 {
			t.Fatalf("a change without room: got settled with error %v, want it to wait", <-stalled)
		}
		close(write)
		if err := <-stalled; err != nil {
			t.Errorf("a change that waited: got error %v, want nil", err)
		}
		synctest.Wait()
		if got := s.Stats().Checkpoints; got != 1 {
			t.Errorf("checkpoints: got %d, want 1", got)
		}
		h.Release()
		mustClose(t, s)
	})
}

// TestManyFilesOfADisk: a checkpoint of as many files as a real file system syncs at
// once leaves all of them whole.
func TestManyFilesOfADisk(t *testing.T) {
	dir := t.TempDir()
	s, err := filestore.Open(dir, &quiet)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]string)
	for round := range 2 {
		for i := range 300 {
			name, text := fmt.Sprint("s", i), fmt.Sprintf("%d.%d ", i, round)
			if round == 0 {
				mustCreate(t, s, name, text)
			} else {
				mustAppend(t, s, name, text)
			}
			want[name] += text
		}
		mustCheckpoint(t, s)
	}
	mustClose(t, s)
	s = reopened(t, dir)
	defer mustClose(t, s)
	wantContent(t, s, want)
}
