package filestore_test

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/weirstreams/weir/store"
)

// failing lets the operations that match fail.
func failing(err error, match func(op, name string) bool) hook {
	return func(op, name string) error {
		if match(op, name) {
			return err
		}
		return nil
	}
}

// TestCheckpointOnFullDisk lets a checkpoint run out of space at every step. It
// loses nothing, the store goes on, and the next one finishes the work.
func TestCheckpointOnFullDisk(t *testing.T) {
	for name, match := range map[string]func(op, name string) bool{
		"new segment":   func(op, name string) bool { return op == "create" && under(name, "wal") },
		"data folder":   func(op, name string) bool { return op == "mkdir" && under(name, "data") },
		"data file":     func(op, name string) bool { return op == "openwrite" && under(name, "data") },
		"data":          func(op, name string) bool { return op == "write" && under(name, "data") },
		"new data":      func(op, name string) bool { return op == "write" && under(name, "data/03") },
		"old file":      func(op, name string) bool { return op == "remove" && under(name, "data") },
		"table":         func(op, name string) bool { return op == "create" && under(name, "catalogue") },
		"table content": func(op, name string) bool { return op == "write" && under(name, "catalogue") },
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { checkpointOnFullDisk(t, match) }) })
	}
}

func checkpointOnFullDisk(t *testing.T, match func(op, name string) bool) {
	s, fs := open(t, newMemFS(), synced(quiet))
	perform(t, s, "+old=1 +gone=2 | old<2 -gone +new=3 new>fork")
	fs.set(failing(errors.Join(errTorn, syscall.ENOSPC), match))
	if err := s.Checkpoint(); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("checkpoint on a full disk: got error %v, want %v", err, syscall.ENOSPC)
	}
	want := map[string]string{"old": "12", "new": "3", "fork": ""}
	wantContent(t, s, want)
	if err := s.Health(); err != nil {
		t.Errorf("health after a checkpoint that failed: got %v, want nil", err)
	}
	fs.unset()
	mustAppend(t, s, "new", "4")
	want["new"] = "34"
	mustCheckpoint(t, s)
	wantContent(t, s, want)
	s, fs = open(t, crash(s, fs, false), synced(quiet))
	wantRecovered(t, s, want, map[string]int{"new": 1})
	s, _ = open(t, crash(s, fs, false), synced(quiet))
	wantRecovered(t, s, want, map[string]int{"new": 1})
	mustClose(t, s)
}

// TestFailedSync lets one sync fail, and then no more. The store has turned
// read-only all the same: it acknowledges nothing, and can be read.
func TestFailedSync(t *testing.T) {
	for name, match := range map[string]func(op, name string) bool{
		"data":             func(op, name string) bool { return op == "sync" && under(name, "data") },
		"name of data":     func(op, name string) bool { return op == "syncdir" && under(name, "data") },
		"data folder":      func(op, name string) bool { return op == "syncdir" && name == "file/data" },
		"table":            func(op, name string) bool { return op == "sync" && under(name, "catalogue") },
		"manifest":         func(op, name string) bool { return op == "rename" },
		"name of manifest": func(op, name string) bool { return op == "syncdir" && name == "file/catalogue" },
		"segment":          func(op, name string) bool { return op == "sync" && under(name, "wal") },
		"name of segment":  func(op, name string) bool { return op == "syncdir" && name == "file/wal" },
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { failedSync(t, match) }) })
	}
}

func failedSync(t *testing.T, match func(op, name string) bool) {
	s, fs := open(t, newMemFS(), synced(quiet))
	perform(t, s, "+a=1 +gone=2 | a<2 -gone")
	mustCreate(t, s, "b", "3")
	h := mustOpen(t, s, "b")
	failed := false
	fs.set(func(op, name string) error {
		if failed || !match(op, name) {
			return nil
		}
		failed = true
		return syscall.EIO
	})
	err := s.Checkpoint()
	for range 3 {
		if got := <-stageAppend(h, "x"); !errors.Is(got, store.ErrReadOnly) {
			t.Errorf("append after a failed sync: got error %v, want %v", got, store.ErrReadOnly)
		}
		h.Reset()
		err = errors.Join(err, s.Checkpoint())
	}
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("checkpoint: got error %v, want %v", err, syscall.EIO)
	}
	if _, err := create(s, "c", text, store.Change{}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("create after a failed sync: got error %v, want %v", err, store.ErrReadOnly)
	}
	if err := s.Health(); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("health after a failed sync: got %v, want %v", err, store.ErrReadOnly)
	}
	h.Release()
	want := map[string]string{"a": "12", "b": "3"}
	wantContent(t, s, want)
	for _, all := range []bool{false, true} {
		disk := crash(s, fs, all)
		again, _ := open(t, disk, synced(quiet))
		wantContent(t, again, want)
		mustClose(t, again)
	}
}

// TestFailedCommitSync: the changes whose sync fails are not acknowledged, nor are
// those behind them.
func TestFailedCommitSync(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	mustCreate(t, s, "a", "1")
	h := mustOpen(t, s, "a")
	reached, release := make(chan struct{}), make(chan struct{})
	fs.set(func(op, _ string) error {
		if op == "sync" {
			close(reached)
			<-release
			return syscall.EIO
		}
		return nil
	})
	first := stageAppend(h, "2")
	<-reached
	second := stageAppend(h, "3")
	fs.unset()
	close(release)
	for i, c := range []settled{first, second} {
		if err := <-c; !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("change %d around a failed sync: got error %v, want %v", i, err, store.ErrReadOnly)
		}
	}
	if got := h.Meta().Tail; got != 1 {
		t.Errorf("tail: got %d, want 1", got)
	}
	h.Release()
	s, _ = open(t, crash(s, fs, false), synced(quiet))
	wantContent(t, s, map[string]string{"a": "1"})
	mustClose(t, s)
}

// TestFailedWrite: what was refused is not in the log, whatever the disk keeps,
// and the next change has its place.
func TestFailedWrite(t *testing.T) {
	for want, cause := range map[error]error{store.ErrNoSpace: syscall.ENOSPC, store.ErrNotWritten: syscall.EIO} {
		for _, torn := range []error{nil, errTorn} {
			s, fs := open(t, newMemFS(), synced(quiet))
			mustCreate(t, s, "a", "1")
			h := mustOpen(t, s, "a")
			fs.set(failing(errors.Join(cause, torn), func(op, _ string) bool { return op == "write" }))
			if err := <-stageAppend(h, "refused"); !errors.Is(err, want) || !errors.Is(err, cause) {
				t.Errorf("append when writes fail: got error %v, want %v and %v", err, want, cause)
			}
			fs.unset()
			h.Release()
			wantContent(t, s, map[string]string{"a": "1"})
			s, fs = open(t, crash(s, fs, true), synced(quiet))
			mustAppend(t, s, "a", "2")
			s, _ = open(t, crash(s, fs, true), synced(quiet))
			wantContent(t, s, map[string]string{"a": "12"})
			mustClose(t, s)
		}
	}
}
