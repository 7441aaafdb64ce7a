package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

// backUp returns the files of a backup. meanwhile is called with each before it is
// read.
func backUp(s *filestore.Store, meanwhile func(name string)) (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := s.Backup(context.Background(), func(f store.BackupFile) error {
		if meanwhile != nil {
			meanwhile(f.Name)
		}
		if strings.HasSuffix(f.Name, "/") {
			files[f.Name] = nil
			return nil
		}
		b, err := io.ReadAll(f.Content)
		files[f.Name] = b
		return err
	})
	return files, err
}

// wantCopy opens the files of a backup and compares all of it.
func wantCopy(t *testing.T, files map[string][]byte, want map[string]string) {
	t.Helper()
	s, _ := open(t, filled(t, newMemFS(), files), synced(quiet))
	defer mustClose(t, s)
	wantContent(t, s, want)
}

// wantNothingKept wants no data file beside those of streams.
func wantNothingKept(t *testing.T, fs *hookFS) {
	t.Helper()
	if names, err := fs.List("file/kept"); err == nil {
		t.Errorf("file/kept: got it there with %q, want it gone", names)
	}
}

// TestBackupBesideEverything lets streams be appended to, deleted and made anew,
// with checkpoints, at each file of a backup. The copy has what was there when it
// was begun, to the byte.
func TestBackupBesideEverything(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	perform(t, s, "+a=1 +b=2 +gone=3 | a<4 +new=5")
	want := map[string]string{"a": "14", "b": "2", "gone": "3", "new": "5"}
	n := 0
	files, err := backUp(s, func(string) {
		n++
		perform(t, s, fmt.Sprintf("+more%d=x a<x b<x", n))
		switch n {
		case 1:
			mustDelete(t, s, "gone")
		case 2:
			mustDelete(t, s, "new")
			perform(t, s, "+gone=y")
		}
		mustCheckpoint(t, s)
	})
	if err != nil {
		t.Fatalf("back up: got error %v, want none", err)
	}
	if n < 5 {
		t.Fatalf("got %d files, want more", n)
	}
	wantCopy(t, files, want)
	wantNothingKept(t, fs)
	mustClose(t, s)
}

// TestBackupAfterAFailedCheckpoint: a checkpoint has removed the file of a deleted
// stream and then failed, so the catalogue names a file that is gone.
func TestBackupAfterAFailedCheckpoint(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	perform(t, s, "+a=1 +gone=2 | -gone")
	fs.set(failing(syscall.ENOSPC, func(op, name string) bool { return op == "create" && under(name, "catalogue") }))
	if err := s.Checkpoint(); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("checkpoint: got error %v, want %v", err, syscall.ENOSPC)
	}
	fs.unset()
	files, err := backUp(s, nil)
	if err != nil {
		t.Fatalf("back up: got error %v, want none", err)
	}
	wantCopy(t, files, map[string]string{"a": "1"})
	mustClose(t, s)
}

// TestBackupWaitsForACheckpoint begins a backup when a checkpoint has removed the
// file of a deleted stream, which the catalogue still names.
func TestBackupWaitsForACheckpoint(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	perform(t, s, "+a=1 +gone=2 | -gone")
	reached, release := make(chan struct{}), make(chan struct{})
	fs.set(func(op, name string) error {
		if op == "create" && under(name, "catalogue") && strings.HasSuffix(name, ".table") {
			close(reached)
			<-release
		}
		return nil
	})
	checkpoint := make(chan error)
	go func() { checkpoint <- s.Checkpoint() }()
	<-reached
	backup := make(chan error)
	var files map[string][]byte
	go func() {
		var err error
		files, err = backUp(s, nil)
		backup <- err
	}()
	for range 1000 { // whoever does not wait has its turn here
		runtime.Gosched()
	}
	close(release)
	if err := <-checkpoint; err != nil {
		t.Errorf("checkpoint: got error %v, want none", err)
	}
	if err := <-backup; err != nil {
		t.Fatalf("back up: got error %v, want none", err)
	}
	wantCopy(t, files, map[string]string{"a": "1"})
	mustClose(t, s)
}

// TestFailingBackup lets each file operation of a backup fail in turn, with streams
// that are deleted meanwhile. The store loses nothing, and the next backup is good
// and leaves nothing behind.
func TestFailingBackup(t *testing.T) {
	for n := 1; ; n++ {
		s, fs := open(t, newMemFS(), synced(quiet))
		perform(t, s, "+a=1 +gone=2 +b=3 | b<4")
		calls := 0
		var failed string
		fail := func(op, name string) error {
			if calls++; calls != n {
				return nil
			}
			failed = op + " " + name
			return syscall.EIO
		}
		first := true
		fs.set(fail)
		_, err := backUp(s, func(string) {
			if !first {
				return
			}
			first = false
			fs.unset() // only the backup's own calls are to fail
			mustDelete(t, s, "gone")
			mustCheckpoint(t, s)
			fs.set(fail)
		})
		fs.unset()
		if failed == "" && err != nil {
			t.Fatalf("backup of which nothing failed: got error %v, want none", err)
		}
		want := map[string]string{"a": "1", "b": "34"}
		if first {
			want["gone"] = "2"
		}
		if broken := s.Health(); broken != nil && !strings.HasPrefix(failed, "sync") {
			t.Fatalf("%s failed: got health %v, want the store well", failed, broken)
		} else if broken == nil {
			wantContent(t, s, want)
			files, err := backUp(s, nil)
			if err != nil {
				t.Fatalf("backup after %s had failed: got error %v, want none", failed, err)
			}
			wantCopy(t, files, want)
			wantNothingKept(t, fs)
		}
		s, _ = open(t, crash(s, fs, false), synced(quiet))
		wantContent(t, s, want)
		mustClose(t, s)
		if failed == "" {
			return
		}
	}
}

// TestCrashWithKeptFiles ends the process in the middle of a backup that has kept
// files. The next start removes them.
func TestCrashWithKeptFiles(t *testing.T) {
	for _, all := range []bool{false, true} {
		s, fs := open(t, newMemFS(), synced(quiet))
		perform(t, s, "+a=1 +gone=2 |")
		var disk *memFS
		_, err := backUp(s, func(string) {
			if disk != nil {
				return
			}
			mustDelete(t, s, "gone")
			mustCheckpoint(t, s)
			disk = fs.FS.(*memFS).powerCut(func() bool { return all })
			if names, err := fs.List("file/kept"); err != nil || len(names) != 1 {
				t.Errorf("file/kept in a backup: got %q and error %v, want the deleted stream's file", names, err)
			}
		})
		if err != nil {
			t.Errorf("back up: got error %v, want none", err)
		}
		mustClose(t, s)
		s, fs = open(t, disk, synced(quiet))
		wantContent(t, s, map[string]string{"a": "1"})
		wantNothingKept(t, fs)
		mustClose(t, s)
	}
}

// TestBackupOfDamage flips a bit in each file: a copy of damaged data is none.
func TestBackupOfDamage(t *testing.T) {
	disk := newMemFS()
	s, _ := open(t, disk, synced(quiet))
	perform(t, s, "+a=1 +b=2 | b<3 +c=4")
	for name, n := range disk.names {
		if n.dir || len(n.data) == 0 || name == "file/catalogue/MANIFEST" {
			continue // the manifest is written anew
		}
		at := min(len(n.data), 50) / 2
		n.data[at] ^= 4
		_, err := backUp(s, nil)
		damage, ok := errors.AsType[*store.CorruptionError](err)
		if !ok || damage.File != name {
			t.Errorf("%s: got error %v, want one that it is damaged", name, err)
		}
		n.data[at] ^= 4
	}
	files, err := backUp(s, nil)
	if err != nil {
		t.Fatalf("back up: got error %v, want none", err)
	}
	wantCopy(t, files, map[string]string{"a": "1", "b": "23", "c": "4"})
	mustClose(t, s)
}

// TestBackupOfAReadOnlyStore: what the disk holds is not known.
func TestBackupOfAReadOnlyStore(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	perform(t, s, "+a=1")
	fs.set(failing(syscall.EIO, func(op, _ string) bool { return op == "sync" }))
	h := mustOpen(t, s, "a")
	<-stageAppend(h, "2")
	h.Release()
	fs.unset()
	if _, err := backUp(s, nil); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("back up: got error %v, want %v", err, store.ErrReadOnly)
	}
	s.Close()
}
