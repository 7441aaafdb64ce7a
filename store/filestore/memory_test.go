package filestore_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// wantInMemory compares what the store keeps of its streams in memory.
func wantInMemory(t *testing.T, s *filestore.Store, live, hidden int, bytes int64) {
	t.Helper()
	gotLive, gotHidden := s.InMemory()
	if gotLive != live || gotHidden != hidden {
		t.Errorf("streams in memory: got %d and %d deleted ones, want %d and %d", gotLive, gotHidden, live, hidden)
	}
	if got := s.Stats().MemoryBytes; got != bytes {
		t.Errorf("bytes in memory: got %d, want %d", got, bytes)
	}
}

// TestIdleStreamsCostNothing: after a checkpoint only what is open is in memory,
// also when it was opened and read since.
func TestIdleStreamsCostNothing(t *testing.T) {
	s, fs := open(t, newMemFS(), quiet)
	for i := range 100 {
		mustCreate(t, s, fmt.Sprint("s", i), "content")
	}
	if live, _ := s.InMemory(); live != 100 {
		t.Errorf("streams in memory before the checkpoint: got %d, want 100", live)
	}
	held := mustOpen(t, s, "s7")
	mustCheckpoint(t, s)
	wantInMemory(t, s, 1, 0, 0)
	held.Release()
	wantInMemory(t, s, 0, 0, 0)
	for i := range 100 {
		content(t, s, fmt.Sprint("s", i))
	}
	wantInMemory(t, s, 0, 0, 0)
	s, _ = open(t, crash(s, fs, true), quiet)
	wantInMemory(t, s, 0, 0, 0)
	mustAppend(t, s, "s1", "x")
	if live, _ := s.InMemory(); live != 1 {
		t.Errorf("streams in memory after one append: got %d, want 1", live)
	}
	mustClose(t, s)
}

// TestReplayedStreamsLeaveMemory: recovery ends with the same books as life.
func TestReplayedStreamsLeaveMemory(t *testing.T) {
	s, fs := open(t, newMemFS(), quiet)
	perform(t, s, "+a=1 +b=2 | a<3 -b +c=4 c>d")
	s, _ = open(t, crash(s, fs, true), quiet)
	if live, hidden := s.InMemory(); live != 3 || hidden != 1 {
		t.Errorf("streams in memory after a replay: got %d and %d deleted ones, want 3 and 1", live, hidden)
	}
	mustCheckpoint(t, s)
	wantInMemory(t, s, 0, 0, 0)
	mustClose(t, s)
}

// TestDeletedStreamsLeaveMemory deletes in every state that memory can be in.
func TestDeletedStreamsLeaveMemory(t *testing.T) {
	s, _ := open(t, newMemFS(), quiet)
	perform(t, s, "+stored=1 +grown=1 | grown<2 +young=1")
	held := mustOpen(t, s, "grown")
	perform(t, s, "-stored -grown -young")
	mustCheckpoint(t, s)
	if got := s.Stats().MemoryBytes; got == 0 {
		t.Errorf("bytes in memory while a deleted stream is held: got 0, want some")
	}
	held.Release()
	wantInMemory(t, s, 0, 0, 0)
	mustClose(t, s)
}

// TestFailedChangesLeaveMemory: what was staged and refused is not accounted for.
func TestFailedChangesLeaveMemory(t *testing.T) {
	s, fs := open(t, newMemFS(), quiet)
	mustCreate(t, s, "a", "1")
	mustCheckpoint(t, s)
	fs.set(failing(syscall.ENOSPC, func(op, _ string) bool { return op == "write" }))
	h := mustOpen(t, s, "a")
	if err := <-stageAppend(h, strings.Repeat("x", 5000)); err == nil {
		t.Errorf("append when writes fail: got nil, want an error")
	}
	h.Reset()
	h.Release()
	wantInMemory(t, s, 0, 0, 0)
	fs.unset()
	mustClose(t, s)
}

// TestDataFilesGo looks at the disk: a deleted stream's file is gone after the
// checkpoint, the log has been cut, and others' files are there.
func TestDataFilesGo(t *testing.T) {
	disk := newMemFS()
	s, _ := open(t, disk, quiet)
	perform(t, s, "+a=1 +b=2 |")
	h := mustOpen(t, s, "a")
	a := filestore.DataFile(h.Meta().ID)
	h.Release()
	log := s.Stats().LogBytes
	mustAppend(t, s, "b", strings.Repeat("x", 1000))
	if got := s.Stats().LogBytes; got < log+1000 {
		t.Errorf("log after an append of 1000 bytes: got %d bytes, want at least %d", got, log+1000)
	}
	if _, err := disk.Stat(a); err != nil {
		t.Errorf("data file of a: %v", err)
	}
	perform(t, s, "-a |")
	if _, err := disk.Stat(a); err == nil {
		t.Errorf("the data file of a deleted stream is there after a checkpoint")
	}
	if got := s.Stats().LogBytes; got != log {
		t.Errorf("log after a checkpoint: got %d bytes, want %d", got, log)
	}
	mustClose(t, s)
}

// TestCatalogueForgets: nothing is kept of streams that are gone.
func TestCatalogueForgets(t *testing.T) {
	disk := newMemFS()
	s, _ := open(t, disk, quiet)
	perform(t, s, "+a=1 +b=2 | a<3 a>f")
	createDue(t, s, "due")
	perform(t, s, "| -f -a -b -due")
	mustClose(t, s)
	c, err := catalogue.Open(disk, "file/catalogue", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	it := c.Scan(nil, nil)
	defer it.Close()
	for it.Next() {
		t.Errorf("the catalogue has the key %q", it.Key())
	}
	if err := it.Err(); err != nil {
		t.Error(err)
	}
}

// TestSections: what is read from a real file can be handed to the kernel, and a
// stream's data file holds just its bytes.
func TestSections(t *testing.T) {
	dir := t.TempDir()
	s, err := filestore.Open(dir, &quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, s)
	perform(t, s, "+a=0123456789 |")
	h := mustOpen(t, s, "a")
	defer h.Release()
	pieces, err := h.Read(3, 7)
	if err != nil || len(pieces) != 1 || pieces[0].File == nil {
		t.Fatalf("read: got %v and error %v, want one section", pieces, err)
	}
	defer pieces[0].Close()
	r, ok := pieces[0].File.R.(*io.LimitedReader)
	if !ok {
		t.Fatalf("reader of a section: got a %T, want an *io.LimitedReader", pieces[0].File.R)
	}
	if _, ok := r.R.(*os.File); !ok {
		t.Errorf("below the reader of a section: got a %T, want an *os.File", r.R)
	}
	if got, err := pieces[0].Bytes(); err != nil || string(got) != "3456" {
		t.Errorf("bytes 3 to 7: got %q and error %v, want %q", got, err, "3456")
	}
	file, err := os.ReadFile(dir + "/" + filestore.DataFile(h.Meta().ID))
	if err != nil || string(file) != "0123456789" {
		t.Errorf("data file: got %q and error %v, want %q", file, err, "0123456789")
	}
}
