package catalogue_test

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// copyOf makes a catalogue of the files of a view.
func copyOf(v *catalogue.View) (vfs.FS, error) {
	to := newMemFS()
	err := v.Files(context.Background(), func(name string, size int64, content io.Reader) error {
		b, err := io.ReadAll(content)
		if err == nil && int64(len(b)) != size {
			err = io.ErrShortBuffer
		}
		if err = errors.Join(err, to.MkdirAll(path.Dir(name))); err != nil {
			return err
		}
		f, err := to.Create(name)
		if err != nil {
			return err
		}
		_, err = f.WriteAt(b, 0)
		return errors.Join(err, f.Close())
	})
	return to, err
}

// TestView reads and copies a state while commits and merges replace it, and when
// the catalogue has been closed.
func TestView(t *testing.T) {
	c := mustOpen(t, newMemFS(), &catalogue.Options{MaxTables: 2})
	before := state{}.with("root", numbered("k", 300, "old"))
	mustCommit(t, c, "root", numbered("k", 300, "old"))
	v, err := c.View()
	if err != nil {
		t.Fatalf("view: got error %v, want none", err)
	}
	for i := range 5 {
		mustCommit(t, c, "later", numbered("k", 100*i, "new"))
	}
	if c.Stats().Merges == 0 {
		t.Fatal("got no merge, want some")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got := string(v.Root()); got != "root" {
		t.Errorf("root: got %q, want %q", got, "root")
	}
	pairs, err := drain(v.Scan(nil, nil))
	if want := before.pairs(nil, nil); err != nil || strings.Join(pairs, " ") != strings.Join(want, " ") {
		t.Errorf("scan: got %d pairs and error %v, want the %d of before", len(pairs), err, len(want))
	}
	to, err := copyOf(v)
	if err != nil {
		t.Fatalf("files: got error %v, want none", err)
	}
	v.Close()
	again := mustOpen(t, to, nil)
	defer again.Close()
	if d := difference(again, before); d != "" {
		t.Errorf("the copy: %s", d)
	}
	if _, err := c.View(); !errors.Is(err, catalogue.ErrClosed) {
		t.Errorf("view of a closed catalogue: got error %v, want %v", err, catalogue.ErrClosed)
	}
}

// TestViewOfDamage: no file is given out of which a part is damaged.
func TestViewOfDamage(t *testing.T) {
	fs := newMemFS()
	c := mustOpen(t, fs, nil)
	defer c.Close()
	mustCommit(t, c, "root", numbered("k", 50, "v"))
	v, err := c.View()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for name, n := range fs.names {
		if !strings.HasSuffix(name, ".table") {
			continue
		}
		for at := 0; at < len(n.data); at += 7 {
			n.data[at] ^= 16
			_, err := copyOf(v)
			damage, ok := errors.AsType[*catalogue.CorruptionError](err)
			if !ok || damage.File != name {
				t.Errorf("%s with a flipped bit at %d: got error %v, want that it is damaged", name, at, err)
			}
			n.data[at] ^= 16
		}
	}
	if _, err := copyOf(v); err != nil {
		t.Errorf("files of a good catalogue: got error %v, want none", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err = v.Files(ended, func(string, int64, io.Reader) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("files when the context has ended: got error %v, want %v", err, context.Canceled)
	}
}
