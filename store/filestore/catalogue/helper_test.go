package catalogue_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// small makes tables of many blocks, and merges, out of few entries.
var small = catalogue.Options{BlockBytes: 64, MaxTables: 3}

// state is what a catalogue should hold.
type state struct {
	root    string
	entries map[string]string
}

// with returns s changed by one commit: an absent value, "-", deletes.
func (s state) with(root string, changes map[string]string) state {
	out := state{root: root, entries: maps.Clone(s.entries)}
	if out.entries == nil {
		out.entries = map[string]string{}
	}
	for k, v := range changes {
		if v == "-" {
			delete(out.entries, k)
		} else {
			out.entries[k] = v
		}
	}
	return out
}

// batch makes a Batch of changes in the notation of with.
func batch(changes map[string]string) *catalogue.Batch {
	b := new(catalogue.Batch)
	for k, v := range changes {
		if v == "-" {
			b.Delete([]byte(k))
		} else {
			b.Put([]byte(k), []byte(v))
		}
	}
	return b
}

func mustOpen(t testing.TB, fsys vfs.FS, o *catalogue.Options) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Open(fsys, "cat", o)
	if err != nil {
		t.Fatalf("Open: got error %v, want none", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func mustCommit(t testing.TB, c *catalogue.Catalogue, root string, changes map[string]string) {
	t.Helper()
	if err := c.Commit(batch(changes), []byte(root)); err != nil {
		t.Fatalf("Commit %q: got error %v, want none", root, err)
	}
}

// difference says how c differs from s, looked at through Root, Scan and Get,
// or is empty.
func difference(c *catalogue.Catalogue, s state) string {
	if got := string(c.Root()); got != s.root {
		return fmt.Sprintf("root: got %q, want %q", got, s.root)
	}
	got, err := scan(c, nil, nil)
	if err != nil {
		return fmt.Sprintf("scan: got error %v, want none", err)
	}
	if want := s.pairs(nil, nil); !slices.Equal(got, want) {
		return fmt.Sprintf("scan: got %q, want %q", got, want)
	}
	for k, want := range s.entries {
		got, ok, err := c.Get([]byte(k))
		if err != nil || !ok || string(got) != want {
			return fmt.Sprintf("get %q: got %q, %v, error %v, want %q", k, got, ok, err, want)
		}
	}
	return ""
}

// scan returns the range as "key=value" texts.
func scan(c *catalogue.Catalogue, from, to []byte) ([]string, error) {
	it := c.Scan(from, to)
	defer it.Close()
	return drain(it)
}

func drain(it *catalogue.Iterator) ([]string, error) {
	var out []string
	for it.Next() {
		out = append(out, string(it.Key())+"="+string(it.Value()))
	}
	return out, it.Err()
}

// pairs is what scan should return.
func (s state) pairs(from, to []byte) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(s.entries)) {
		if bytes.Compare([]byte(k), from) >= 0 && (to == nil || bytes.Compare([]byte(k), to) < 0) {
			out = append(out, k+"="+s.entries[k])
		}
	}
	return out
}

// damages runs Verify and returns what it reports.
func damages(t testing.TB, c *catalogue.Catalogue) []string {
	t.Helper()
	var out []string
	err := c.Verify(t.Context(), func(d *catalogue.CorruptionError) { out = append(out, d.Error()) }, nil)
	if err != nil {
		t.Fatalf("Verify: got error %v, want none", err)
	}
	return out
}

// numbered makes n changes whose keys carry a prefix and whose values a suffix.
func numbered(prefix string, n int, suffix string) map[string]string {
	out := map[string]string{}
	for i := range n {
		out[fmt.Sprintf("%s/%03d", prefix, i)] = fmt.Sprintf("value %d %s", i, suffix)
	}
	return out
}
