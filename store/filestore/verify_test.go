package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

// onFiles opens a store on real files that has one stream of three extents of 100
// bytes each, written at three checkpoints, and returns its data file.
func onFiles(t *testing.T) (s *filestore.Store, h store.Handle, file string) {
	t.Helper()
	dir := t.TempDir()
	s = reopened(t, dir)
	mustCreate(t, s, "s", strings.Repeat("1", 100))
	mustCheckpoint(t, s)
	for _, c := range []string{"2", "3"} {
		mustAppend(t, s, "s", strings.Repeat(c, 100))
		mustCheckpoint(t, s)
	}
	mustClose(t, s)
	s = reopened(t, dir)
	h = mustOpen(t, s, "s")
	t.Cleanup(func() {
		h.Release()
		mustClose(t, s)
	})
	return s, h, filepath.Join(dir, filestore.DataFile(h.Meta().ID))
}

func reopened(t *testing.T, dir string) *filestore.Store {
	t.Helper()
	s, err := filestore.Open(dir, &quiet)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readRange returns the bytes between two positions.
func readRange(h store.Handle, from, to int64) (string, error) {
	pieces, err := h.Read(from, to)
	if err != nil {
		return "", err
	}
	defer store.ClosePieces(pieces)
	var all []byte
	for _, p := range pieces {
		b, err := p.Bytes()
		if err != nil {
			return "", err
		}
		all = append(all, b...)
	}
	return string(all), nil
}

func wantGood(t *testing.T, h store.Handle, when string, want ...[2]int64) {
	t.Helper()
	if got := filestore.GoodOf(h); !slices.Equal(got, want) {
		t.Errorf("%s: got %v known to be good, want %v", when, got, want)
	}
}

func wantRead(t *testing.T, h store.Handle, from, to int64, want string) {
	t.Helper()
	if got, err := readRange(h, from, to); err != nil || got != want {
		t.Errorf("read from %d to %d: got %q and error %v, want %q", from, to, got, err, want)
	}
}

// wantDamage expects a read to name the place in the data file.
func wantDamage(t *testing.T, h store.Handle, from, to, offset int64, reason string) {
	t.Helper()
	got, err := readRange(h, from, to)
	d, ok := errors.AsType[*store.CorruptionError](err)
	if !ok || d.File != filestore.DataFile(h.Meta().ID) || d.Stream != "s" || d.Offset != offset || !strings.Contains(d.Reason, reason) {
		t.Errorf("read from %d to %d: got %q and error %v, want damage at %d: %s", from, to, got, err, offset, reason)
	}
}

// TestVerifiedOnce: a read verifies the extents that it touches, once, and what a
// checkpoint writes needs no more.
func TestVerifiedOnce(t *testing.T) {
	s, h, _ := onFiles(t)
	wantGood(t, h, "opened")
	wantRead(t, h, 150, 160, "2222222222")
	wantGood(t, h, "one extent read", [2]int64{100, 200})
	wantRead(t, h, 199, 201, "23")
	wantGood(t, h, "two extents read", [2]int64{100, 300})
	mustAppend(t, s, "s", "4444")
	mustCheckpoint(t, s)
	wantGood(t, h, "written to", [2]int64{100, 304})
	wantRead(t, h, 300, 304, "4444")
	wantGood(t, h, "what was written read", [2]int64{100, 304})
	wantRead(t, h, 0, 1, "1")
	wantGood(t, h, "all read", [2]int64{0, 304})
}

// TestTouchedFileIsVerifiedAgain: nothing is taken for granted in a file that
// somebody else has written to, also when a checkpoint writes to it as well.
func TestTouchedFileIsVerifiedAgain(t *testing.T) {
	for name, checkpoint := range map[string]bool{"then read": false, "then written to": true} {
		t.Run(name, func(t *testing.T) {
			s, h, file := onFiles(t)
			wantRead(t, h, 0, 300, strings.Repeat("1", 100)+strings.Repeat("2", 100)+strings.Repeat("3", 100))
			damage(t, file, func(b []byte) []byte { b[150] ^= 1; return b })
			if checkpoint {
				mustAppend(t, s, "s", "4444")
				mustCheckpoint(t, s)
				wantRead(t, h, 300, 304, "4444")
			}
			wantDamage(t, h, 0, 300, 100, "checksum")
			wantDamage(t, h, 199, 200, 100, "checksum")
			wantRead(t, h, 99, 100, "1")
			wantRead(t, h, 200, 201, "3")
			damage(t, file, func(b []byte) []byte { b[150] ^= 1; return b })
			wantRead(t, h, 199, 201, "23")
		})
	}
}

// TestDamagedFiles: what else can happen to a data file.
func TestDamagedFiles(t *testing.T) {
	_, h, file := onFiles(t)
	damage(t, file, func(b []byte) []byte { return b[:250] })
	wantRead(t, h, 0, 200, strings.Repeat("1", 100)+strings.Repeat("2", 100))
	wantDamage(t, h, 150, 210, 200, "too short")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, h, 10, 20, 10, "missing")
}

// TestScrubForgets: once a scrub has found damage, readers verify again.
func TestScrubForgets(t *testing.T) {
	s, h, file := onFiles(t)
	wantRead(t, h, 0, 10, "1111111111")
	damage(t, file, func(b []byte) []byte { b[50] ^= 1; return b })
	if found := scrub(t, s); len(found) != 1 {
		t.Errorf("scrub: got %v, want one report", found)
	}
	wantGood(t, h, "scrubbed")
}

// TestAppendsToADamagedStream go on, and so do checkpoints, also when the file is
// gone.
func TestAppendsToADamagedStream(t *testing.T) {
	s, h, file := onFiles(t)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, "s", "4444")
	wantRead(t, h, 300, 304, "4444")
	mustCheckpoint(t, s)
	wantRead(t, h, 300, 304, "4444")
	wantDamage(t, h, 299, 304, 200, "checksum")
}

// TestManyReadersOfOneStream read and verify at once, beside checkpoints.
func TestManyReadersOfOneStream(t *testing.T) {
	s, h, _ := onFiles(t)
	want := strings.Repeat("1", 100) + strings.Repeat("2", 100) + strings.Repeat("3", 100)
	var readers sync.WaitGroup
	for i := range 8 {
		readers.Go(func() {
			for at := range int64(100) {
				from := (at*7 + int64(i)*13) % 290
				if got, err := readRange(h, from, from+10); err != nil || got != want[from:from+10] {
					t.Errorf("read from %d: got %q and error %v, want %q", from, got, err, want[from:from+10])
					return
				}
			}
		})
	}
	for range 5 {
		mustAppend(t, s, "s", "4444")
		mustCheckpoint(t, s)
	}
	readers.Wait()
}
