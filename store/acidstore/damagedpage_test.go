package acidstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
)

// damagedDir names the directory in which the test binary, run again, works on a
// store of which it damages a page.
const damagedDir = "ACIDSTORE_TEST_DAMAGED_DIR"

// TestDamagedPage damages a page of one of two shards while the store is in use.
// Whatever is asked of that page is refused; the process lives, the other shard
// goes on, and the store can be closed.
//
// It is done by another process, as bbolt can end the one that it is in. The test is
// not parallel: see TestOfflineKilled.
func TestDamagedPage(t *testing.T) {
	victim := exec.Command(os.Args[0], "-test.run=^TestDamagedPageVictim$", "-test.timeout=60s")
	victim.Env = append(os.Environ(), damagedDir+"="+t.TempDir())
	if out, err := victim.CombinedOutput(); err != nil {
		t.Errorf("process with a damaged page: got %v, want it to live; it says\n%.3000s", err, out)
	}
}

// TestDamagedPageVictim is no test of its own.
func TestDamagedPageVictim(t *testing.T) {
	dir := os.Getenv(damagedDir)
	if dir == "" {
		return
	}
	for name, damage := range map[string]func(b []byte, stream string) []byte{
		"leaf":     func(b []byte, stream string) []byte { return clearPage(b, stream+" content") },
		"all":      func(b []byte, _ string) []byte { clear(b[2*pageBytes:]); return b },
		"cut off":  func(b []byte, _ string) []byte { return b[:4*pageBytes] },
		"the root": func(b []byte, _ string) []byte { return clearPage(b, "journal") },
	} {
		dir := filepath.Join(dir, name)
		if err := os.Mkdir(dir, fs.ModePerm); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir, 2)
		damaged, well := named(0, 2, 0), named(1, 2, 0)
		createMany(t, s, 300)
		mustCreate(t, s, damaged, text(strings.Repeat(damaged+" content ", 20)))
		mustCreate(t, s, well, text("well"))
		s.Tidy()
		h := mustOpen(t, s, damaged)
		path := filepath.Join(dir, s.File(0))
		mustWrite(t, path, damage(mustRead(t, path), damaged))
		refused := 0
		for range 3 {
			if err := <-stageChange(h, text("x")); err != nil {
				refused++
			}
			h.Reset()
			s.Tidy()
		}
		if err := <-stage(h.Delete); err != nil {
			refused++
		}
		if _, err := readAll(h); err != nil {
			refused++
		}
		if refused == 0 {
			t.Errorf("%s damaged: everything was taken, want an error", name)
		}
		h.Release()
		if _, err := create(s, named(0, 2, 500), plain, text("new")); err != nil && !errors.Is(err, store.ErrReadOnly) && !errors.Is(err, store.ErrNotWritten) {
			t.Logf("%s damaged: create: %v", name, err)
		}
		mustAppend(t, s, well, " on")
		if err := s.Stats().Shards[1].Failure; err != nil {
			t.Errorf("%s damaged: the other shard: got failure %v, want none", name, err)
		}
		err := s.Scrub(t.Context(), store.ScrubOptions{Report: func(store.CorruptionError) { refused++ }})
		if err != nil {
			t.Errorf("%s damaged: scrub: %v", name, err)
		}
		mustEnd(t, s)
		fmt.Printf("%s damaged: lived\n", name)
	}
}

// clearPage clears the first page that has the words.
func clearPage(b []byte, words string) []byte {
	for page := b[2*pageBytes:]; len(page) > 0; page = page[pageBytes:] {
		if bytes.Contains(page[:pageBytes], []byte(words)) {
			clear(page[:pageBytes])
			break
		}
	}
	return b
}
