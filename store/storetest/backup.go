package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/weirstreams/weir/store"
)

var backupTests = map[string]func(*fixture){
	"memory":      testNothingToBackUp,
	"at rest":     testBackupAtRest,
	"under load":  testBackupUnderLoad,
	"of deleted":  testBackupOfDeleted,
	"one by one":  testOneBackupAtATime,
	"given up":    testBackupGivenUp,
	"while ended": testBackupEndsWithTheStore,
}

// backUp returns a copy of the store, by the names of its files. Folders have no
// content and end in a slash.
func backUp(s store.Store) (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := s.Backup(context.Background(), func(f store.BackupFile) error {
		if _, twice := files[f.Name]; twice {
			return fmt.Errorf("got %s twice, want it once", f.Name)
		}
		if strings.HasSuffix(f.Name, "/") {
			files[f.Name] = nil
			return nil
		}
		b, err := io.ReadAll(f.Content)
		if err == nil && int64(len(b)) != f.Size {
			err = fmt.Errorf("got %d bytes of %s, want %d", len(b), f.Name, f.Size)
		}
		files[f.Name] = b
		return err
	})
	return files, err
}

// copied opens a copy that was made of the store, with the model of the original.
func (f *fixture) copied(files map[string][]byte) *fixture {
	return &fixture{TB: f.TB, Harness: f.Harness, store: f.OpenCopy(files), model: f.model}
}

// close ends a copy.
func (f *fixture) close() {
	f.Helper()
	if err := f.store.Close(); err != nil {
		f.Errorf("close the copy: %v", err)
	}
}

// backUpAndCheck makes a copy of a store that nobody writes to and compares all of
// it.
func (f *fixture) backUpAndCheck() {
	f.Helper()
	if f.OpenCopy == nil {
		return
	}
	files, err := backUp(f.store)
	if err != nil {
		f.Fatalf("back up: got error %v, want none", err)
	}
	c := f.copied(files)
	defer c.close()
	c.check("in the copy")
	c.scrubbed()
}

// scrubbed wants a scrub to find nothing.
func (f *fixture) scrubbed() {
	f.Helper()
	err := f.store.Scrub(context.Background(), store.ScrubOptions{
		Report: func(d store.CorruptionError) { f.Errorf("scrub: got %v, want nothing", &d) },
	})
	if err != nil {
		f.Errorf("scrub: got error %v, want none", err)
	}
}

func testNothingToBackUp(f *fixture) {
	if f.OpenCopy != nil {
		return
	}
	err := f.store.Backup(context.Background(), func(store.BackupFile) error {
		f.Error("got a file, want none")
		return nil
	})
	f.wantErr("back up", err, store.ErrNoFiles)
}

func testBackupAtRest(f *fixture) {
	f.backUpAndCheck()
	f.plain("a", "some bytes")
	f.create("fork", f.fork("a", 4), store.Change{Bytes: []byte("others")})
	f.backUpAndCheck()
	f.settle()
	f.append("a", strings.Repeat("many more ", 1000))
	f.apply("fork", store.Change{Close: true, Producer: &store.ProducerAppend{ID: "p", Epoch: 1, Seq: 2}, Mark: "m", MarkValue: "v"})
	f.backUpAndCheck()
	f.settle()
	f.remove("fork")
	f.plain("fork", "another life")
	f.backUpAndCheck()
	f.everywhere()
	f.backUpAndCheck()
}

// testBackupOfDeleted deletes everything between the beginning of a backup and the
// copying of the bytes.
func testBackupOfDeleted(f *fixture) {
	if f.OpenCopy == nil {
		return
	}
	const streams = 5
	for i := range streams {
		f.plain(fmt.Sprint("w", i), strings.Repeat(fmt.Sprint(i), 5000))
	}
	f.settle()
	before := model{}
	for name, s := range f.model {
		before[name] = s
	}
	first := true
	files := make(map[string][]byte)
	err := f.store.Backup(context.Background(), func(file store.BackupFile) (err error) {
		if first {
			first = false
			for i := range streams {
				f.remove(fmt.Sprint("w", i))
			}
			f.settle()
			f.plain("w0", "another life")
			f.settle()
		}
		if !strings.HasSuffix(file.Name, "/") {
			files[file.Name], err = io.ReadAll(file.Content)
		} else {
			files[file.Name] = nil
		}
		return err
	})
	if err != nil {
		f.Fatalf("back up: got error %v, want none", err)
	}
	c := f.copied(files)
	c.model = before
	c.check("in the copy")
	c.close()
	f.everywhere()
}

func testOneBackupAtATime(f *fixture) {
	if f.OpenCopy == nil {
		return
	}
	f.plain("a", "bytes")
	err := f.store.Backup(context.Background(), func(store.BackupFile) error {
		_, err := backUp(f.store)
		f.wantErr("a backup beside another", err, store.ErrBackupRunning)
		return nil
	})
	f.wantErr("back up", err, nil)
	f.backUpAndCheck()
}

func testBackupGivenUp(f *fixture) {
	if f.OpenCopy == nil {
		return
	}
	f.plain("a", "bytes")
	f.settle()
	enough := errors.New("enough")
	f.wantErr("backup that its caller gives up", f.store.Backup(context.Background(), func(store.BackupFile) error { return enough }), enough)
	ctx, cancel := context.WithCancel(context.Background())
	err := f.store.Backup(ctx, func(b store.BackupFile) error {
		cancel()
		return nil
	})
	f.wantErr("backup whose context has ended", err, context.Canceled)
	f.remove("a")
	f.everywhere()
	f.backUpAndCheck()
}

func testBackupEndsWithTheStore(f *fixture) {
	if f.OpenCopy == nil {
		return
	}
	f.plain("a", "bytes")
	begun, closing := make(chan struct{}), make(chan struct{})
	ended := make(chan error)
	go func() {
		first := true
		ended <- f.store.Backup(context.Background(), func(store.BackupFile) error {
			if first {
				first = false
				close(begun)
				<-closing
			}
			return nil
		})
	}()
	<-begun
	closed := make(chan error)
	go func() { closed <- f.store.Close() }()
	for f.store.Health() == nil {
		runtime.Gosched()
	}
	close(closing)
	f.wantErr("backup of a store that is closed meanwhile", <-ended, store.ErrClosed)
	f.wantErr("close", <-closed, nil)
	_, err := backUp(f.store)
	f.wantErr("backup of a closed store", err, store.ErrClosed)
	f.store = f.Open()
	f.check("after a restart")
}
