package catalogue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

func TestEmptyFolderIsEmptyCatalogue(t *testing.T) {
	fsys := newMemFS()
	for range 2 {
		c := mustOpen(t, fsys, nil)
		if root := c.Root(); root != nil {
			t.Errorf("root: got %q, want nil", root)
		}
		if d := difference(c, state{}); d != "" {
			t.Error(d)
		}
		if got := c.Stats(); got != (catalogue.Stats{}) {
			t.Errorf("stats: got %+v, want zero", got)
		}
		c.Close()
	}
}

func TestReopenOnDisk(t *testing.T) {
	fsys := vfs.OS(t.TempDir())
	c := mustOpen(t, fsys, &small)
	want := state{}
	for i := range 8 {
		changes := numbered(fmt.Sprint("k", i%3), 20, fmt.Sprint(i))
		if i > 4 {
			changes["k0/003"] = "-"
		}
		root := fmt.Sprint("root", i)
		mustCommit(t, c, root, changes)
		want = want.with(root, changes)
	}
	c.Close()

	c = mustOpen(t, fsys, nil)
	if d := difference(c, want); d != "" {
		t.Error(d)
	}
	if got := damages(t, c); len(got) > 0 {
		t.Errorf("damage: got %q, want none", got)
	}
	if _, ok, err := c.Get([]byte("k0/003")); ok || err != nil {
		t.Errorf("deleted key: got %v, error %v, want absent", ok, err)
	}
}

func TestLastChangeOfAKeyWins(t *testing.T) {
	c := mustOpen(t, newMemFS(), nil)
	b := new(catalogue.Batch)
	b.Put([]byte("a"), []byte("1"))
	b.Put([]byte("b"), []byte("1"))
	b.Delete([]byte("b"))
	b.Delete([]byte("c"))
	b.Put([]byte("c"), []byte("2"))
	b.Put([]byte("a"), []byte("3"))
	if err := c.Commit(b, nil); err != nil {
		t.Fatal(err)
	}
	want := state{entries: map[string]string{"a": "3", "c": "2"}}
	if d := difference(c, want); d != "" {
		t.Error(d)
	}
	b.Put([]byte("a"), []byte("4"))
	if err := c.Commit(b, nil); err != nil {
		t.Fatal(err)
	}
	want.entries["a"] = "4"
	if d := difference(c, want); d != "" {
		t.Errorf("after a change to a used batch: %s", d)
	}
}

func TestBatchAndRootAreCopied(t *testing.T) {
	c := mustOpen(t, newMemFS(), nil)
	key, value, root := []byte("key"), []byte("value"), []byte("root")
	b := new(catalogue.Batch)
	b.Put(key, value)
	key[0], value[0] = 'x', 'x'
	if err := c.Commit(b, root); err != nil {
		t.Fatal(err)
	}
	root[0] = 'x'
	c.Root()[0] = 'x'
	if d := difference(c, state{"root", map[string]string{"key": "value"}}); d != "" {
		t.Error(d)
	}
}

func TestReadersCopy(t *testing.T) {
	c := mustOpen(t, newMemFS(), nil)
	mustCommit(t, c, "", map[string]string{"a": "1", "b": "2", "c": "3"})
	mustCommit(t, c, "", map[string]string{"z": "9"})
	for range 20 {
		// Both values lie at the same place of a block that is read into the
		// same spare buffer.
		first, _, _ := c.Get([]byte("a"))
		if _, _, err := c.Get([]byte("z")); err != nil || string(first) != "1" {
			t.Fatalf("value after another Get: got %q, error %v, want 1", first, err)
		}
	}

	from, to := []byte("b"), []byte("c")
	it := c.Scan(from, to)
	defer it.Close()
	from[0], to[0] = 'a', 'z'
	if got, err := drain(it); err != nil || !slices.Equal(got, []string{"b=2"}) {
		t.Errorf("Scan after a change to its bounds: got %q, error %v, want b=2", got, err)
	}
}

func TestScanBounds(t *testing.T) {
	c := mustOpen(t, newMemFS(), &small)
	want := state{}.with("", numbered("k", 30, "old"))
	mustCommit(t, c, "", want.entries)
	mustCommit(t, c, "", map[string]string{"k/007": "-", "k/008": "new", "": "empty key"})
	want = want.with("", map[string]string{"k/007": "-", "k/008": "new", "": "empty key"})

	for _, r := range []struct{ from, to []byte }{
		{nil, nil}, {nil, []byte{}}, {[]byte("k/007"), []byte("k/009")}, {[]byte("k/0075"), nil},
		{[]byte("z"), nil}, {[]byte("k/010"), []byte("k/010")}, {[]byte("k/020"), []byte("k/010")},
		{nil, []byte("k/000")}, {[]byte("k/029"), []byte("z")},
	} {
		got, err := scan(c, r.from, r.to)
		if want := want.pairs(r.from, r.to); err != nil || !slices.Equal(got, want) {
			t.Errorf("scan [%q,%q): got %q, error %v, want %q", r.from, r.to, got, err, want)
		}
	}
}

func TestEmptyBatchWritesOnlyTheManifest(t *testing.T) {
	fsys := newMemFS()
	c := mustOpen(t, fsys, nil)
	mustCommit(t, c, "one", map[string]string{"a": "1"})
	before := fsys.files("cat")
	fsys.hook = func(op, name string) fault {
		if op == "create" && name != "cat/MANIFEST.new" {
			t.Errorf("created: got %s, want only the manifest", name)
		}
		return fault{}
	}
	if err := c.Commit(nil, []byte("two")); err != nil {
		t.Fatal(err)
	}
	if after := fsys.files("cat"); after != before {
		t.Errorf("files: got %s, want %s", after, before)
	}
	c.Close()
	if d := difference(mustOpen(t, fsys, nil), state{"two", map[string]string{"a": "1"}}); d != "" {
		t.Error(d)
	}
}

func TestDeletingEverythingLeavesNoTable(t *testing.T) {
	fsys := newMemFS()
	c := mustOpen(t, fsys, &catalogue.Options{MaxTables: 1})
	mustCommit(t, c, "one", map[string]string{"a": "1"})
	mustCommit(t, c, "two", map[string]string{"a": "-", "b": "-"})
	if got, want := fsys.files("cat"), "MANIFEST"; got != want {
		t.Errorf("files: got %s, want %s", got, want)
	}
	if d := difference(c, state{root: "two"}); d != "" {
		t.Error(d)
	}
}

func TestLimits(t *testing.T) {
	c := mustOpen(t, newMemFS(), nil)
	long := func(n int) []byte { return bytes.Repeat([]byte("x"), n) }
	for name, change := range map[string]func(*catalogue.Batch) []byte{
		"key": func(b *catalogue.Batch) []byte { b.Put(long(catalogue.MaxKeyBytes+1), nil); return nil },
		"value": func(b *catalogue.Batch) []byte {
			b.Put(nil, long(catalogue.MaxValueBytes+1))
			return nil
		},
		"root": func(*catalogue.Batch) []byte { return long(catalogue.MaxRootBytes + 1) },
	} {
		b := new(catalogue.Batch)
		if err := c.Commit(b, change(b)); !errors.Is(err, catalogue.ErrTooLarge) {
			t.Errorf("%s above the limit: got error %v, want ErrTooLarge", name, err)
		}
	}
	b := new(catalogue.Batch)
	b.Put(long(catalogue.MaxKeyBytes), long(catalogue.MaxValueBytes))
	if err := c.Commit(b, long(catalogue.MaxRootBytes)); err != nil {
		t.Fatalf("at the limit: got error %v, want none", err)
	}
	if v, ok, err := c.Get(long(catalogue.MaxKeyBytes)); len(v) != catalogue.MaxValueBytes || !ok || err != nil {
		t.Errorf("at the limit: got %d bytes, %v, error %v, want %d", len(v), ok, err, catalogue.MaxValueBytes)
	}
	if got := damages(t, c); len(got) > 0 {
		t.Errorf("damage: got %q, want none", got)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []catalogue.Options{{BlockBytes: 63}, {BlockBytes: 1<<20 + 1}, {MaxTables: -1}, {MaxTables: 65}} {
		if c, err := catalogue.Open(newMemFS(), "cat", &o); err == nil {
			t.Errorf("Open with %+v: got none, want an error", o)
			c.Close()
		}
	}
}

func TestClosed(t *testing.T) {
	fsys := newMemFS()
	c := mustOpen(t, fsys, nil)
	mustCommit(t, c, "root", map[string]string{"a": "1"})
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close: got error %v, want none", err)
		}
	}
	_, _, getErr := c.Get([]byte("a"))
	_, scanErr := scan(c, nil, nil)
	for step, err := range map[string]error{
		"Get":    getErr,
		"Scan":   scanErr,
		"Commit": c.Commit(nil, nil),
		"Verify": c.Verify(t.Context(), func(*catalogue.CorruptionError) {}, nil),
	} {
		if !errors.Is(err, catalogue.ErrClosed) {
			t.Errorf("%s: got error %v, want ErrClosed", step, err)
		}
	}
	if fsys.descriptors != 0 {
		t.Errorf("open files: got %d, want 0", fsys.descriptors)
	}
}

func TestVerifyStopsWithItsContext(t *testing.T) {
	c := mustOpen(t, newMemFS(), nil)
	mustCommit(t, c, "", map[string]string{"a": "1"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Verify(ctx, func(*catalogue.CorruptionError) {}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify: got error %v, want %v", err, context.Canceled)
	}
}
