package filestore_test

import (
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// states returns the states of some files.
func states(t *testing.T, n int) (all []vfs.State) {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		name := string(rune('a' + i))
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := vfs.OS(dir).Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		state, known := vfs.StateOf(f)
		if !known {
			t.Fatal("state of a real file: got none, want one")
		}
		all = append(all, state)
	}
	return all
}

// TestGoodModel holds what is remembered against a set of single positions: never
// more, and as long as there are few runs never less.
func TestGoodModel(t *testing.T) {
	const end = 200
	all := states(t, 3)
	rapid.Check(t, func(t *rapid.T) {
		var g filestore.Good
		state, known := all[0], [end]bool{}
		dropped := false
		run := func(t *rapid.T) (from, to int64) {
			from = rapid.Int64Range(0, end-1).Draw(t, "from")
			return from, rapid.Int64Range(from+1, min(from+9, end)).Draw(t, "to")
		}
		note := func(from, to int64) {
			for pos := from; pos < to; pos++ {
				known[pos] = true
			}
			dropped = dropped || len(g.Spans()) == filestore.MaxSpans
		}
		any := func(t *rapid.T, what string) vfs.State { return rapid.SampledFrom(all).Draw(t, what) }
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				from, to := run(t)
				g.Add(state, from, to)
				note(from, to)
			},
			"add in another state": func(t *rapid.T) {
				from, to := run(t)
				if s := any(t, "state"); s != state {
					state, known, dropped = s, [end]bool{}, false
				}
				g.Add(state, from, to)
				note(from, to)
			},
			"wrote": func(t *rapid.T) {
				from, to := run(t)
				before := any(t, "before")
				if before != state {
					known, dropped = [end]bool{}, false
				}
				g.Wrote(before, all[0], from, to)
				state = all[0]
				note(from, to)
			},
			"forget": func(*rapid.T) {
				g.Forget()
				known, dropped = [end]bool{}, false
				g.Add(state, 0, 1)
				note(0, 1)
			},
			"": func(t *rapid.T) {
				if n := len(g.Spans()); n > filestore.MaxSpans {
					t.Fatalf("got %d runs, want %d at most", n, filestore.MaxSpans)
				}
				from, to := run(t)
				want := true
				for pos := from; pos < to; pos++ {
					want = want && known[pos]
				}
				if got := g.Has(state, from, to); got && !want || want && !got && !dropped {
					t.Fatalf("%d to %d: got %v, want %v", from, to, got, want)
				}
				if s := any(t, "other state"); s != state && g.Has(s, from, to) {
					t.Fatalf("%d to %d in another state: got true, want false", from, to)
				}
			},
		})
	})
}
