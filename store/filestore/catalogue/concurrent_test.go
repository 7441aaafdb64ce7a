package catalogue_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// TestReadersSeeOneState commits generations of all keys while readers check
// that no scan mixes two, that a lookup never goes back, and that Verify finds
// nothing.
func TestReadersSeeOneState(t *testing.T) {
	fsys := newMemFS()
	c := mustOpen(t, fsys, &small)
	generation := func(n int) map[string]string {
		out := map[string]string{}
		for k := range numbered("k", 20, "") {
			out[k] = fmt.Sprintf("%06d", n)
		}
		return out
	}
	mustCommit(t, c, "", generation(0))

	var done atomic.Bool
	var wg sync.WaitGroup
	for _, read := range []func() error{
		func() error { return scanOneGeneration(c) },
		neverBack(c),
		func() error { return wholeAndRooted(t, c) },
	} {
		wg.Go(func() {
			for !done.Load() {
				if err := read(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := range 100 {
		mustCommit(t, c, "root", generation(n+1))
	}
	done.Store(true)
	wg.Wait()
	c.Close()
	if fsys.descriptors != 0 {
		t.Errorf("open files: got %d, want 0", fsys.descriptors)
	}
}

func scanOneGeneration(c *catalogue.Catalogue) error {
	pairs, err := scan(c, nil, nil)
	if err != nil || len(pairs) != 20 {
		return fmt.Errorf("scan: got %d pairs, error %v, want 20", len(pairs), err)
	}
	_, first, _ := strings.Cut(pairs[0], "=")
	for _, p := range pairs {
		if !strings.HasSuffix(p, "="+first) {
			return fmt.Errorf("scan: got %q in generation %s", p, first)
		}
	}
	return nil
}

func neverBack(c *catalogue.Catalogue) func() error {
	last := ""
	return func() error {
		v, ok, err := c.Get([]byte("k/007"))
		if err != nil || !ok || string(v) < last {
			return fmt.Errorf("Get: got %q, %v, error %v, want at least %q", v, ok, err, last)
		}
		last = string(v)
		return nil
	}
}

func wholeAndRooted(t *testing.T, c *catalogue.Catalogue) error {
	err := c.Verify(t.Context(), func(d *catalogue.CorruptionError) { t.Errorf("Verify: got %v", d) }, nil)
	if got := c.Stats(); got.Tables == 0 || got.Tables > small.MaxTables {
		t.Errorf("tables: got %d, want 1 to %d", got.Tables, small.MaxTables)
	}
	return err
}

func TestIteratorOutlivesMergeAndClose(t *testing.T) {
	fsys := newMemFS()
	c := mustOpen(t, fsys, &small)
	old := state{}.with("", numbered("k", 30, "old"))
	mustCommit(t, c, "", old.entries)
	it := c.Scan(nil, nil)
	if !it.Next() {
		t.Fatalf("Next: got false, error %v, want a key", it.Err())
	}
	first := string(it.Key()) + "=" + string(it.Value())

	mustCommit(t, c, "", numbered("k", 30, "new"))
	if got := c.Stats(); got.Merges != 1 || got.Tables != 1 {
		t.Fatalf("stats: got %+v, want one merge and one table", got)
	}
	c.Close()
	if fsys.descriptors != 1 {
		t.Errorf("open files under the iterator: got %d, want 1", fsys.descriptors)
	}
	rest, err := drain(it)
	if got, want := strings.Join(append([]string{first}, rest...), "\n"), strings.Join(old.pairs(nil, nil), "\n"); got != want || err != nil {
		t.Errorf("iterator: got %s, error %v, want %s", got, err, want)
	}
	it.Close()
	it.Close()
	if fsys.descriptors != 0 {
		t.Errorf("open files: got %d, want 0", fsys.descriptors)
	}
	if it.Next() || it.Key() != nil {
		t.Error("a closed iterator moved on")
	}
}

// TestCloseStopsAMerge calls Close while a Commit reads the tables it merges.
func TestCloseStopsAMerge(t *testing.T) {
	fsys := newMemFS()
	c := mustOpen(t, fsys, &small)
	old := state{}.with("old", numbered("k", 30, "old"))
	mustCommit(t, c, "old", old.entries)
	before := fsys.files("cat")

	var wg sync.WaitGroup
	var once sync.Once
	var closed atomic.Bool
	fsys.hook = func(op, name string) fault {
		if op == "read" {
			once.Do(func() {
				wg.Go(func() { c.Close(); closed.Store(true) })
				for !c.Closing() {
					runtime.Gosched()
				}
				for range 1000 {
					runtime.Gosched()
				}
				if closed.Load() {
					t.Error("Close returned before the Commit it stopped")
				}
			})
		}
		return fault{}
	}
	err := c.Commit(batch(numbered("k", 30, "new")), []byte("new"))
	if !errors.Is(err, catalogue.ErrClosed) {
		t.Errorf("Commit: got error %v, want ErrClosed", err)
	}
	wg.Wait()
	fsys.hook = nil
	if after := fsys.files("cat"); after != before {
		t.Errorf("files: got %s, want %s", after, before)
	}
	if d := difference(mustOpen(t, fsys, nil), old); d != "" {
		t.Error(d)
	}
}
