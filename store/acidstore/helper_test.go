package acidstore_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// open opens the store in dir, or makes it.
func open(t *testing.T, dir string, shards int) *acidstore.Store {
	t.Helper()
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: shards})
	if err != nil {
		t.Fatalf("open with %d shards: %v", shards, err)
	}
	return s
}

// stage calls a method that stages a change; the channel tells how it settled.
func stage(call func(store.Completion) (bool, error)) outcome {
	o := make(outcome, 1)
	if done, err := call(o); done || err != nil {
		o <- err
	}
	return o
}

func stageChange(h store.Handle, c store.Change) outcome {
	return stage(func(k store.Completion) (bool, error) { return h.Commit(&c, k) })
}

// create makes a stream and waits for it. The handle is nil after an error.
func create(s *acidstore.Store, name string, cfg store.Config, first store.Change) (h store.Handle, err error) {
	staged := false
	err = <-stage(func(k store.Completion) (done bool, err error) {
		h, done, err = s.Create(name, cfg, &first, k)
		staged = err == nil
		return done, err
	})
	if err != nil && staged {
		h.Release()
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

func mustCreate(t *testing.T, s *acidstore.Store, name string, first store.Change) {
	t.Helper()
	h, err := create(s, name, plain, first)
	if err != nil {
		t.Fatalf("create %q: %v", name, err)
	}
	h.Release()
}

// mustFork makes a fork at a position of its source.
func mustFork(t *testing.T, s *acidstore.Store, name, source string, at int64) {
	t.Helper()
	src := mustOpen(t, s, source)
	defer src.Release()
	h, err := create(s, name, forkOf(source, src.Meta().ID, at), store.Change{})
	if err != nil {
		t.Fatalf("fork %q: %v", source, err)
	}
	h.Release()
}

func forkOf(source string, id uint64, at int64) store.Config {
	cfg := plain
	cfg.Fork = &store.Fork{Source: source, ID: id, Anchor: at, At: at}
	return cfg
}

func mustOpen(t *testing.T, s *acidstore.Store, name string) store.Handle {
	t.Helper()
	h, err := s.Open(name)
	if err != nil {
		t.Fatalf("open %q: %v", name, err)
	}
	return h
}

func mustCommit(t *testing.T, s *acidstore.Store, name string, c store.Change) {
	t.Helper()
	h := mustOpen(t, s, name)
	defer h.Release()
	if err := <-stageChange(h, c); err != nil {
		t.Fatalf("commit to %q: %v", name, err)
	}
}

func mustAppend(t *testing.T, s *acidstore.Store, name, bytes string) {
	t.Helper()
	mustCommit(t, s, name, text(bytes))
}

// mustDelete deletes a stream, holding the source of a fork.
func mustDelete(t *testing.T, s *acidstore.Store, name string) {
	t.Helper()
	h := mustOpen(t, s, name)
	defer h.Release()
	if f := h.Meta().Config.Fork; f != nil {
		defer mustOpen(t, s, f.Source).Release()
	}
	if err := <-stage(h.Delete); err != nil {
		t.Fatalf("delete %q: %v", name, err)
	}
}

// readAll returns the stream's own bytes.
func readAll(h store.Handle) ([]byte, error) {
	m := h.Meta()
	pieces, err := h.Read(m.Base(), m.Tail)
	if err != nil {
		return nil, err
	}
	defer store.ClosePieces(pieces)
	all := make([]byte, 0, m.Tail-m.Base())
	for _, p := range pieces {
		b, err := p.Bytes()
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	return all, nil
}

// same compares the stream's own bytes with those that are wanted.
func same(h store.Handle, want []byte) error {
	m := h.Meta()
	if got := m.Tail - m.Base(); got != int64(len(want)) {
		return fmt.Errorf("got %d bytes, want %d", got, len(want))
	}
	return sameFrom(h, m.Base(), want)
}

// sameFrom compares the bytes from a position on, a part at a time: to the race
// detector large pieces of memory are dear.
func sameFrom(h store.Handle, from int64, want []byte) error {
	pieces, err := h.Read(from, from+int64(len(want)))
	if err != nil {
		return err
	}
	defer store.ClosePieces(pieces)
	var part [8 << 10]byte
	for _, p := range pieces {
		var r io.Reader = bytes.NewReader(p.Mem)
		if p.File != nil {
			r = p.File.R
		}
		for left := p.Len(); left > 0; {
			got := part[:min(left, int64(len(part)))]
			if _, err := io.ReadFull(r, got); err != nil {
				return err
			}
			if !bytes.Equal(got, want[:len(got)]) {
				return fmt.Errorf("%d bytes before the end: got %.60q, want %.60q", len(want), got, want[:len(got)])
			}
			want, left = want[len(got):], left-int64(len(got))
		}
	}
	return nil
}

// wantContent compares all names and contents with what is wanted.
func wantContent(t *testing.T, s *acidstore.Store, want map[string]string) {
	t.Helper()
	names, err := s.List("", "", len(want)+10)
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	if w := slices.Sorted(maps.Keys(want)); !slices.Equal(names, w) {
		t.Errorf("names: got %.300q, want %.300q", names, w)
	}
	if got := s.Stats().Streams; got != int64(len(want)) {
		t.Errorf("count of streams: got %d, want %d", got, len(want))
	}
	for name, bytes := range want {
		h := mustOpen(t, s, name)
		if err := same(h, []byte(bytes)); err != nil {
			t.Errorf("content of %q: %v", name, err)
		}
		h.Release()
	}
}

// wantWhole fails the test for everything that a scrub reports.
func wantWhole(t *testing.T, s *acidstore.Store) {
	t.Helper()
	err := s.Scrub(t.Context(), store.ScrubOptions{Report: func(d store.CorruptionError) { t.Errorf("scrub: %v", &d) }})
	if err != nil {
		t.Fatalf("scrub: %v", err)
	}
}

func refs(t *testing.T, s *acidstore.Store, name string) int {
	t.Helper()
	h := mustOpen(t, s, name)
	defer h.Release()
	return h.Meta().Refs
}

// named returns the i-th name that belongs to a shard.
func named(shard, shards, i int) string {
	for n := 0; ; n++ {
		name := fmt.Sprint("s", n)
		if acidstore.ShardOf(name, shards) != shard {
			continue
		}
		if i == 0 {
			return name
		}
		i--
	}
}

// descriptors returns the files below dir that the process has open.
func descriptors(t *testing.T, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(links) == 0 {
		t.Fatalf("look for open files: got %d and error %v, want some", len(links), err)
	}
	var open []string
	for _, link := range links {
		if file, err := os.Readlink(link); err == nil && strings.HasPrefix(file, dir) {
			open = append(open, file)
		}
	}
	return open
}
