package filestore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// TestRefused damages a data directory and asks for an error that says what is
// wrong, twice, and for the streams once it is whole again.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		lose string // folder moved away
		want string
	}{
		"data lost":      {"file/data", "file/data is missing or empty"},
		"log lost":       {"file/wal", "file/wal is missing or empty"},
		"catalogue lost": {"file/catalogue", "file/catalogue is missing or empty"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir)
			lost, aside := filepath.Join(dir, c.lose), filepath.Join(dir, "aside")
			if err := os.Rename(lost, aside); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				wantRefusal(t, dir, c.want)
			}
			if err := os.RemoveAll(lost); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(aside, lost); err != nil {
				t.Fatal(err)
			}
			s, err := filestore.Open(dir, &quiet)
			if err != nil {
				t.Fatalf("open after the folder came back: %v", err)
			}
			defer mustClose(t, s)
			wantContent(t, s, map[string]string{"a": "12", "b": "3"})
		})
	}
}

// fill makes a store with streams in the catalogue and in the log.
func fill(t *testing.T, dir string) {
	t.Helper()
	s, fs := open(t, vfs.OS(dir), quiet)
	perform(t, s, "+a=1 | a<2 +b=3")
	fs.kill()
	s.Close()
}

func wantRefusal(t *testing.T, dir, want string) {
	t.Helper()
	s, err := filestore.Open(dir, &quiet)
	if err == nil {
		s.Close()
		t.Fatalf("open: got a store, want an error with %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("open: got error %q, want one with %q", err, want)
	}
}

func TestNoDirectory(t *testing.T) {
	wantRefusal(t, filepath.Join(t.TempDir(), "missing"), "open data directory")
}

func TestSecondProcess(t *testing.T) {
	dir := t.TempDir()
	s, err := filestore.Open(dir, &quiet)
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, dir, "another weir process is using it")
	mustClose(t, s)
	s, err = filestore.Open(dir, &quiet)
	if err != nil {
		t.Fatalf("open when the first has gone: %v", err)
	}
	mustClose(t, s)
}

func TestUnknownVersion(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir)
	c, err := catalogue.Open(vfs.OS(dir), "file/catalogue", nil)
	if err != nil {
		t.Fatal(err)
	}
	root := c.Root()
	root[0]++
	if err := c.Commit(nil, root); err != nil {
		t.Fatal(err)
	}
	c.Close()
	wantRefusal(t, dir, "a version of weir that this one does not know")
}

// TestDescriptors opens, uses, fails to open and closes stores: all files are
// given back.
func TestDescriptors(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir)
	before := descriptors(t)
	for range 3 {
		s, err := filestore.Open(dir, &quiet)
		if err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, dir, "another weir process")
		mustCheckpoint(t, s)
		wantContent(t, s, map[string]string{"a": "12", "b": "3"})
		mustClose(t, s)
	}
	if err := os.Rename(filepath.Join(dir, "file/wal"), filepath.Join(dir, "aside")); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, dir, "file/wal")
	if after := descriptors(t); after != before {
		t.Errorf("open files: got %d, want the %d from before", after, before)
	}
}
