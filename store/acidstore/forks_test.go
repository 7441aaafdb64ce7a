package acidstore_test

import (
	"bytes"
	"encoding/binary"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// openLogged opens a store, closes it, and returns what it logged.
func openLogged(t *testing.T, dir string, shards int) string {
	t.Helper()
	var out bytes.Buffer
	log := zerolog.New(&out)
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: shards, Log: &log})
	if err != nil {
		t.Fatalf("open with %d shards: %v", shards, err)
	}
	closeStore(t, s)
	return out.String()
}

// TestCountsAreRepaired stores counts of forks that are not those of the graph. The
// next start repairs them and says so, the one after that has nothing to say.
func TestCountsAreRepaired(t *testing.T) {
	t.Parallel()
	const (
		high, low, missing, none = "source/high", "source/low", "source/missing", "source/none"
		deleted, freed           = "source/deleted", "source/freed"
	)
	forks := map[string]int{high: 1, low: 3, missing: 2, none: 0, deleted: 2, freed: 0, "source/right": 2}
	wrong := map[string]int{high: 7, low: 1, missing: 0, none: 3, deleted: 0, freed: 1}
	soft := []string{deleted, freed}
	dir := t.TempDir()
	s := open(t, dir, 4)
	ids := make(map[string]uint64)
	for source, n := range forks {
		mustCreate(t, s, source, store.Change{Bytes: []byte("source"), Expires: 5000})
		h := mustOpen(t, s, source)
		ids[source] = h.Meta().ID
		h.Release()
		for i := range n {
			mustFork(t, s, source+"/fork/"+string(rune('a'+i)), source, 3)
		}
	}
	for _, source := range soft {
		mustCommit(t, s, source, store.Change{SoftDelete: true})
	}
	closeStore(t, s)
	for source, n := range wrong {
		damage(t, filepath.Join(dir, fileOf(t, dir, source)), func(tx *bolt.Tx) error {
			key := string(idKey(ids[source]))
			if n == 0 {
				return tx.Bucket([]byte("sources")).Delete([]byte(key))
			}
			return seal(tx, "sources", key, binary.LittleEndian.AppendUint64(nil, uint64(n)))
		})
	}

	log := openLogged(t, dir, 4)
	if got := strings.Count(log, "\n"); got != len(wrong) {
		t.Errorf("log: got %d lines, want %d: %s", got, len(wrong), log)
	}
	for source := range wrong {
		if got := strings.Count(log, `"stream":"`+source+`"`); got != 1 {
			t.Errorf("log about %s: got %d lines, want 1", source, got)
		}
	}
	if log := openLogged(t, dir, 4); log != "" {
		t.Errorf("log of the second start: got %s, want nothing", log)
	}
	s = open(t, dir, 4)
	for source, want := range forks {
		if got := refs(t, s, source); got != want {
			t.Errorf("forks of %s: got %d, want %d", source, got, want)
		}
	}
	due, err := s.Due(0, 100)
	if want := []string{freed}; err != nil || !slices.Equal(due, want) {
		t.Errorf("due at once: got %q and error %v, want %q, which nothing refers to any more", due, err, want)
	}
	due, err = s.Due(5000, 100)
	slices.Sort(due)
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(forks)), func(s string) bool { return s == deleted })
	if err != nil || !slices.Equal(due, want) {
		t.Errorf("due later: got %q and error %v, want %q", due, err, want)
	}
	wantWhole(t, s)
	closeStore(t, s)
}

// TestForkOfNothing: a fork whose source is gone is told at the start, which goes
// on.
func TestForkOfNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 2)
	mustCreate(t, s, "source", text("source"))
	mustFork(t, s, "fork", "source", 3)
	mustAppend(t, s, "fork", "own")
	mustDelete(t, s, "source")
	closeStore(t, s)
	if log := openLogged(t, dir, 2); strings.Count(log, "not there") != 1 {
		t.Errorf("log: got %s, want one line that says so", log)
	}
	s = open(t, dir, 2)
	wantContent(t, s, map[string]string{"fork": "own"})
	closeStore(t, s)
}

// TestOrderlyStart: a start with nothing to repair logs nothing, and leaves the
// files as they are.
func TestOrderlyStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 4)
	mustCreate(t, s, "source", text("source"))
	for _, fork := range []string{"a", "b", "c", "d"} {
		mustFork(t, s, fork, "source", 3)
	}
	mustAppend(t, s, "a", "1")
	mustDelete(t, s, "b")
	cleared(t, s)
	closeStore(t, s)
	before := tree(t, dir)
	for range 2 {
		if log := openLogged(t, dir, 4); log != "" {
			t.Errorf("log: got %s, want nothing", log)
		}
		if after := tree(t, dir); !maps.Equal(after, before) {
			t.Error("the files were changed")
		}
	}
}

// TestRepairIsNoOrderlyEnd: a file that was closed in order and is repaired at the
// next start does not pass for closed in order when that ends in a crash.
func TestRepairIsNoOrderlyEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	mustCreate(t, s, "source", text("source"))
	mustFork(t, s, "fork", "source", 3)
	closeStore(t, s)
	path := filepath.Join(dir, fileOf(t, dir, "source"))
	damage(t, path, func(tx *bolt.Tx) error {
		return seal(tx, "sources", string(idKey(1)), binary.LittleEndian.AppendUint64(nil, 9))
	})
	s = open(t, dir, 1)
	s.Abandon()
	eachFile(t, dir, func(tx *bolt.Tx) {
		if v := tx.Bucket([]byte("about")).Get([]byte("whole")); v != nil {
			t.Errorf("mark of an orderly end: got %x, want none", v)
		}
	})
}
