package catalogue_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// TestStoredFormat holds the files of version 1 in testdata/v1 against what is
// written today, byte by byte, and reads them.
func TestStoredFormat(t *testing.T) {
	fsys, want := damagedFS(t)
	stored := newMemFS()
	for _, name := range strings.Fields(fsys.files("cat")) {
		data, err := os.ReadFile(filepath.Join("testdata", "v1", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := fsys.names["cat/"+name].data; !slices.Equal(got, data) {
			t.Errorf("%s: got %x, want %x", name, got, data)
		}
		stored.names["cat/"+name] = &inode{data, data}
	}
	c := mustOpen(t, stored, nil)
	if d := difference(c, want); d != "" {
		t.Error(d)
	}
	if got := damages(t, c); len(got) > 0 {
		t.Errorf("damage: got %q, want none", got)
	}
}

func TestRunLength(t *testing.T) {
	for _, c := range []struct {
		size   int64
		sizes  []int64 // newest first
		most   int
		taken  int
		reason string
	}{
		{10, nil, 10, 0, "nothing to merge with"},
		{10, []int64{100}, 10, 0, "older table is much larger"},
		{49, []int64{100}, 10, 0, "just below half"},
		{50, []int64{100}, 10, 1, "half"},
		{50, []int64{100, 300}, 10, 2, "what is gathered counts"},
		{50, []int64{100, 301, 302}, 10, 3, "and goes on counting"},
		{50, []int64{100, 302, 10}, 10, 1, "a run ends where it ends"},
		{1, []int64{10, 100, 1000}, 3, 1, "too many tables"},
		{1, []int64{10, 100, 1000}, 1, 3, "a single table"},
		{6, []int64{10, 100, 1000}, 2, 2, "both rules"},
	} {
		if got := catalogue.RunLength(c.size, c.sizes, c.most); got != c.taken {
			t.Errorf("%s: got %d tables taken, want %d", c.reason, got, c.taken)
		}
	}
}

// TestMergeCostIsLogarithmic counts how often the rule rewrites an entry.
func TestMergeCostIsLogarithmic(t *testing.T) {
	const commits = 10000
	var sizes []int64
	var written int64
	for range commits {
		n := catalogue.RunLength(1, sizes, 10)
		fresh := int64(1)
		for _, s := range sizes[:n] {
			fresh += s
		}
		written += fresh
		sizes = append([]int64{fresh}, sizes[n:]...)
		if len(sizes) > 10 {
			t.Fatalf("tables: got %d, want at most 10", len(sizes))
		}
	}
	if got := written / commits; got > 14 { // the logarithm of commits to base 2
		t.Errorf("writes of an entry: got %d, want at most 14", got)
	}
}

func TestFilter(t *testing.T) {
	const n = 20000
	f := catalogue.NewFilter(n)
	for i := range n {
		f.Add(fmt.Appendf(nil, "tenant/%d/stream/%d", i%7, i))
	}
	passed := 0
	for i := range n {
		if !f.Has(fmt.Appendf(nil, "tenant/%d/stream/%d", i%7, i)) {
			t.Fatalf("key %d: got absent, want present", i)
		}
		if f.Has(fmt.Appendf(nil, "tenant/%d/stream/%d", i%7, i+n)) {
			passed++
		}
	}
	if passed > n*15/1000 {
		t.Errorf("absent keys that pass: got %d of %d, want at most 1.5%%", passed, n)
	}
}

// TestMemoryAndOpeningCost holds both promises about size: memory of under four
// bytes a key, and an Open that reads no more than that.
func TestMemoryAndOpeningCost(t *testing.T) {
	const n = 30000
	fsys := newMemFS()
	c := mustOpen(t, fsys, nil)
	b := new(catalogue.Batch)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		key := fmt.Appendf(nil, "tenant-%04d/documents/%08x/updates", i%500, rng.Uint32())
		value := make([]byte, 150-len(key))
		for j := range value {
			value[j] = byte(rng.Uint32())
		}
		b.Put(key, value)
	}
	if err := c.Commit(b, nil); err != nil {
		t.Fatal(err)
	}
	st := c.Stats()
	c.Close()
	if got := float64(st.MemoryBytes) / n; got > 4 {
		t.Errorf("memory: got %.2f bytes a key, want at most 4", got)
	}
	fsys.bytesRead = 0
	mustOpen(t, fsys, nil)
	if fsys.bytesRead > 4*n+1000 {
		t.Errorf("Open: got %d bytes read of %d, want at most 4 a key", fsys.bytesRead, st.Bytes)
	}
}
