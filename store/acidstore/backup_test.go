package acidstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// backUp returns the files of a backup. meanwhile is called with the name of each
// before it is read.
func backUp(s *acidstore.Store, meanwhile func(name string)) (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := s.Backup(context.Background(), func(f store.BackupFile) (err error) {
		if meanwhile != nil {
			meanwhile(f.Name)
		}
		files[f.Name], err = io.ReadAll(f.Content)
		return err
	})
	return files, err
}

// lookFS calls look before the meta pages of a file are read.
type lookFS struct {
	vfs.FS
	look atomic.Pointer[func(name string)]
}

func (fs *lookFS) Open(name string) (vfs.File, error) {
	f, err := fs.FS.Open(name)
	return lookFile{f, fs, name}, err
}

func (fs *lookFS) OpenWrite(name string) (vfs.File, error) {
	f, err := fs.FS.OpenWrite(name)
	return lookFile{f, fs, name}, err
}

type lookFile struct {
	vfs.File
	fs   *lookFS
	name string
}

func (f lookFile) ReadAt(p []byte, off int64) (int, error) {
	if look := f.fs.look.Load(); look != nil && off == 0 {
		(*look)(f.name)
	}
	return f.File.ReadAt(p, off)
}

// TestBackupIsOfOneInstant writes a number to a stream in one shard, and when that
// is acknowledged to a stream in the other. Between the looks at the two shards a
// backup gives that all the time it could want: the number in the second must not
// be ahead of that in the first.
func TestBackupIsOfOneInstant(t *testing.T) {
	const shards = 2
	dir := t.TempDir()
	fs := &lookFS{FS: vfs.OS(dir)}
	s, err := acidstore.OpenFS(dir, fs, &acidstore.Options{Shards: shards})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first, second := named(0, shards, 0), named(1, shards, 0)
	mustCreate(t, s, first, store.Change{})
	mustCreate(t, s, second, store.Change{})
	acked, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(acked)
		for {
			mustAppend(t, s, first, "x")
			mustAppend(t, s, second, "x")
			select {
			case acked <- struct{}{}:
			case <-stop:
				return
			}
		}
	}()
	<-acked
	look := func(name string) {
		if !strings.HasSuffix(name, "001.db") {
			return
		}
		for range 3 {
			select {
			case <-acked:
			case <-time.After(10 * time.Millisecond): // they wait, as they should
			}
		}
	}
	fs.look.Store(&look)
	files, err := backUp(s, nil)
	fs.look.Store(nil)
	close(stop)
	for range acked {
	}
	if err != nil {
		t.Fatalf("back up: got error %v, want none", err)
	}
	c := openCopy(t, files, shards)
	defer c.Close()
	one, two := mustOpen(t, c, first), mustOpen(t, c, second)
	defer one.Release()
	defer two.Release()
	if a, b := one.Meta().Tail, two.Meta().Tail; a != b && a != b+1 {
		t.Errorf("the copy: got %d numbers in the first shard and %d in the second, want as many or one more", a, b)
	}
}

// TestBackupMakesWay: a shard that has to be mapped anew does not wait for its
// backup, which fails, also in the middle of the file, and the next one is good.
func TestBackupMakesWay(t *testing.T) {
	for _, shards := range []int{1, 2} {
		s := open(t, t.TempDir(), shards)
		defer s.Close()
		last := named(shards-1, shards, 0)
		mustCreate(t, s, last, store.Change{Bytes: []byte("before ")})
		_, err := backUp(s, func(string) {
			s.FillMaps()
			mustAppend(t, s, last, "meanwhile ")
		})
		if !errors.Is(err, store.ErrOutgrown) {
			t.Errorf("backup in the way of a writer, %d shards: got error %v, want %v", shards, err, store.ErrOutgrown)
		}
		files, err := backUp(s, nil)
		if err != nil {
			t.Fatalf("next backup: got error %v, want none", err)
		}
		c := openCopy(t, files, shards)
		defer c.Close()
		h := mustOpen(t, c, last)
		if err := same(h, []byte("before meanwhile ")); err != nil {
			t.Errorf("%s in the copy: %v", last, err)
		}
		h.Release()
	}
}

// TestBackupOfDamage flips a bit in a stream's bytes under a running store.
func TestBackupOfDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1)
	defer s.Close()
	content := []byte(strings.Repeat("very well known bytes ", 100))
	mustCreate(t, s, "a", store.Change{Bytes: content})
	s.Tidy()
	const name = "acid/generation-000001-shards-1/000.db"
	file := filepath.Join(dir, name)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, content)
	if at < 0 {
		t.Fatal("the file does not have the stream's bytes")
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flip := func(bit byte) {
		if _, err := f.WriteAt([]byte{content[0] ^ bit}, int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	flip(1)
	_, err = backUp(s, func(string) { t.Error("got a file, want none") })
	if damage, ok := errors.AsType[*store.CorruptionError](err); !ok || damage.File != name {
		t.Errorf("back up: got error %v, want that %s is damaged", err, name)
	}
	flip(0)
	if _, err := backUp(s, nil); err != nil {
		t.Errorf("backup when it is mended: got error %v, want none", err)
	}
}

// TestBackupOfAReadOnlyShard: what the disk holds is not known.
func TestBackupOfAReadOnlyShard(t *testing.T) {
	s := open(t, t.TempDir(), 2)
	defer s.Close()
	s.Fail(1)
	if _, err := backUp(s, nil); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("back up: got error %v, want %v", err, store.ErrReadOnly)
	}
	if got := s.StillHeld(); got != 0 {
		t.Errorf("shards that are kept as they were: got %d, want none", got)
	}
}

// TestStoredShards reads the number of shards off the directory.
func TestStoredShards(t *testing.T) {
	dir := t.TempDir()
	if _, err := acidstore.StoredShards(dir); !errors.Is(err, acidstore.ErrNoStore) {
		t.Errorf("stored shards of nothing: got error %v, want %v", err, acidstore.ErrNoStore)
	}
	open(t, dir, 4).Close()
	if got, err := acidstore.StoredShards(dir); got != 4 || err != nil {
		t.Errorf("stored shards: got %d and error %v, want 4", got, err)
	}
}
