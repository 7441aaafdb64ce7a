package boltfile_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// newest returns the meta page of an image that counts.
func newest(t *testing.T, b []byte) *boltfile.Meta {
	t.Helper()
	ms, err := boltfile.ReadMetas(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ms.Newest()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// keptCrown returns a crown that has come to m, and has where its buckets begin.
func keptCrown(t *testing.T, b []byte, m *boltfile.Meta) *boltfile.Crown {
	t.Helper()
	crown, err := boltfile.NewCrown(boltfile.Map(b), m)
	if err != nil {
		t.Fatal(err)
	}
	crown.Keep(100)
	if _, err := boltfile.NewReader(boltfile.Map(b), m, crown); err != nil {
		t.Fatal(err)
	}
	return crown
}

// TestFlippedUnderCrown flips bits below a crown that has seen the pages: whoever
// is about to change a key finds out, for every branch and for where buckets begin.
func TestFlippedUnderCrown(t *testing.T) {
	t.Parallel()
	b := image(t)
	m := newest(t, b)
	crown := keptCrown(t, b, m)
	vouch := func() error {
		r, err := boltfile.ReadAnew(boltfile.Map(b), m, crown)
		if err != nil {
			return err
		}
		for _, key := range []string{fmt.Sprintf("%0500d", 3), fmt.Sprintf("%0500d", 490)} {
			if err := r.Bucket([]byte("tall")).Vouch([]byte(key), true); err != nil {
				return err
			}
		}
		return r.Bucket([]byte("small")).Vouch([]byte("key"), false)
	}
	if err := vouch(); err != nil {
		t.Fatal(err)
	}
	top := int64(m.Root) * boltfile.PageBytes
	value := bytes.Index(b[top:top+boltfile.PageBytes], []byte("keyvalue")) // of the small bucket
	if value < 0 {
		t.Fatal("the outermost tree does not hold the small bucket, want it")
	}
	for at := int64(0); at < boltfile.PageBytes; at += 3 {
		if at >= int64(value) && at < int64(value+len("keyvalue")) {
			continue // the caller's to verify
		}
		b[top+at] ^= 1 << (at % 8)
		if err := vouch(); err == nil {
			t.Errorf("byte %d of the outermost tree: got no error, want damage", at)
		}
		b[top+at] ^= 1 << (at % 8)
	}
	branches := 0
	for page := int64(2); page < int64(m.Pages); page++ {
		from := page * boltfile.PageBytes
		if b[from+8] != 1 { // not a branch
			continue
		}
		missed := 0
		for at := int64(0); at < boltfile.PageBytes; at += 29 {
			b[from+at] ^= 1 << (at % 8)
			if vouch() == nil {
				missed++
			}
			b[from+at] ^= 1 << (at % 8)
		}
		if missed == 0 {
			branches++
		}
	}
	if branches == 0 {
		t.Error("got no branch of which every flipped byte was found, want one at least")
	}
}

// TestCutMap: a map of a file that was cut short gives an error, not a fault.
func TestCutMap(t *testing.T) {
	b := image(t)
	m := newest(t, b)
	path := filepath.Join(t.TempDir(), "db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	mapped, err := syscall.Mmap(int(f.Fd()), 0, len(b), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(mapped)
	if _, err := boltfile.NewCrown(boltfile.Map(mapped), m); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(2 * boltfile.PageBytes); err != nil {
		t.Fatal(err)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if _, err := boltfile.NewCrown(boltfile.Map(mapped), m); err == nil {
		t.Error("of a file that was cut short: got no error, want damage")
	}
	if _, err := boltfile.Map(b).ReadAt(make([]byte, 2), int64(len(b))-1); err == nil {
		t.Error("read beyond the end of a map: got no error, want one")
	}
}
