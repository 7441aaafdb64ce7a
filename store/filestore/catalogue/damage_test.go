package catalogue_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// damagedFS builds a catalogue of three tables and returns its disk and state.
func damagedFS(t *testing.T) (*memFS, state) {
	t.Helper()
	fsys, want := newMemFS(), state{}
	c := mustOpen(t, fsys, &small)
	for i, changes := range []map[string]string{
		numbered("a", 12, "a first value that takes space"),
		{"a/003": "-", "b": "two", "b/1": "three"},
		{"b": "-"},
	} {
		root := "root" + string(rune('1'+i))
		mustCommit(t, c, root, changes)
		want = want.with(root, changes)
	}
	if got := c.Stats().Tables; got != 3 {
		t.Fatalf("tables: got %d, want 3", got)
	}
	c.Close()
	return fsys, want
}

// TestEveryByteIsGuarded changes every byte of every file. Whatever Open still
// accepts must read right or fail, and Verify must see it.
func TestEveryByteIsGuarded(t *testing.T) {
	fsys, want := damagedFS(t)
	for _, name := range strings.Fields(fsys.files("cat")) {
		data := fsys.names["cat/"+name].data
		for i := range data {
			for _, flip := range []byte{0x01, 0x80, 0xff} {
				data[i] ^= flip
				checkDamage(t, fsys, "cat/"+name, want)
				data[i] ^= flip
				if t.Failed() {
					t.Fatalf("byte %d of %s, flipped by %#x", i, name, flip)
				}
			}
		}
	}
	if d := difference(mustOpen(t, fsys, nil), want); d != "" {
		t.Errorf("undamaged: %s", d)
	}
}

func checkDamage(t *testing.T, fsys *memFS, file string, want state) {
	t.Helper()
	before := fsys.files("cat")
	c, err := catalogue.Open(fsys, "cat", nil)
	if err != nil {
		if damaged, ok := errors.AsType[*catalogue.CorruptionError](err); !ok || damaged.File != file {
			t.Errorf("Open: got error %v, want damage of %s", err, file)
		}
		if after := fsys.files("cat"); after != before {
			t.Errorf("files after a failed Open: got %s, want %s", after, before)
		}
		return
	}
	defer c.Close()
	for _, key := range []string{"a/000", "a/003", "a/011", "absent", "b", "b/1"} {
		got, ok, err := c.Get([]byte(key))
		value, exists := want.entries[key]
		if err == nil && (ok != exists || string(got) != value) {
			t.Errorf("Get %q: got %q, %v, want %q, %v, or an error", key, got, ok, value, exists)
		}
	}
	pairs := want.pairs(nil, nil)
	got, err := scan(c, nil, nil)
	if err == nil && len(got) < len(pairs) || !slices.Equal(got, pairs[:min(len(got), len(pairs))]) {
		t.Errorf("Scan: got %q, error %v, want a start of %q", got, err, pairs)
	}
	reports := damages(t, c)
	if len(reports) == 0 || !strings.Contains(reports[0], file) {
		t.Errorf("Verify: got %q, want damage of %s", reports, file)
	}
}

func TestEveryCutIsSeen(t *testing.T) {
	fsys, _ := damagedFS(t)
	for _, name := range strings.Fields(fsys.files("cat")) {
		node := fsys.names["cat/"+name]
		whole := node.data
		for n := range len(whole) {
			node.data = whole[:n]
			wantDamage(t, fsys, "cat/"+name)
		}
		node.data = append(slices.Clone(whole), 0)
		wantDamage(t, fsys, "cat/"+name)
		node.data = whole
	}
}

func TestWrongFilesAreSeen(t *testing.T) {
	const first, second = "cat/00000001.table", "cat/00000002.table"
	for name, c := range map[string]struct {
		damage func(map[string]*inode)
		file   string
	}{
		"manifest missing": {func(n map[string]*inode) { delete(n, "cat/MANIFEST") }, "cat/MANIFEST"},
		"manifest empty":   {func(n map[string]*inode) { n["cat/MANIFEST"].data = nil }, "cat/MANIFEST"},
		"table missing":    {func(n map[string]*inode) { delete(n, first) }, first},
		"table empty":      {func(n map[string]*inode) { n[first].data = nil }, first},
		"tables swapped":   {func(n map[string]*inode) { n[first], n[second] = n[second], n[first] }, second},
		"table for manifest": {
			func(n map[string]*inode) { n["cat/MANIFEST"] = n[first] }, "cat/MANIFEST",
		},
	} {
		t.Run(name, func(t *testing.T) {
			fsys, _ := damagedFS(t)
			c.damage(fsys.names)
			wantDamage(t, fsys, c.file)
		})
	}
}

// wantDamage expects Open to blame file and to delete nothing.
func wantDamage(t *testing.T, fsys *memFS, file string) {
	t.Helper()
	before := fsys.files("cat")
	c, err := catalogue.Open(fsys, "cat", nil)
	if err == nil {
		c.Close()
	}
	if damaged, ok := errors.AsType[*catalogue.CorruptionError](err); !ok || damaged.File != file {
		t.Errorf("Open: got error %v, want damage of %s", err, file)
	}
	if errors.Is(err, catalogue.ErrVersion) {
		t.Errorf("Open: got ErrVersion (%v), want damage only", err)
	}
	if after := fsys.files("cat"); after != before {
		t.Errorf("files: got %s, want %s", after, before)
	}
	if fsys.descriptors != 0 {
		t.Errorf("open files: got %d, want 0", fsys.descriptors)
	}
}

// TestOldTableDoesNotPassForNew restores a table of the same number and size
// from another history.
func TestOldTableDoesNotPassForNew(t *testing.T) {
	fsys, _ := damagedFS(t)
	other := newMemFS()
	c := mustOpen(t, other, &small)
	// Same keys, same lengths: index and filter agree, only values differ.
	mustCommit(t, c, "root1", numbered("a", 12, "A first value that takes space"))
	got, want := other.names["cat/00000001.table"], fsys.names["cat/00000001.table"]
	if len(got.data) != len(want.data) {
		t.Fatalf("other table: got %d bytes, want %d", len(got.data), len(want.data))
	}
	want.data = got.data
	wantDamage(t, fsys, "cat/00000001.table")
}

func TestUnknownVersionIsNotDamage(t *testing.T) {
	for _, name := range []string{"cat/MANIFEST", "cat/00000001.table"} {
		fsys, _ := damagedFS(t)
		catalogue.SetVersion(fsys.names[name].data, 2)
		_, err := catalogue.Open(fsys, "cat", nil)
		if !errors.Is(err, catalogue.ErrVersion) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s of version 2: got error %v, want ErrVersion", name, err)
		}
		if damaged, ok := errors.AsType[*catalogue.CorruptionError](err); ok {
			t.Errorf("%s of version 2: got %v, want no damage", name, damaged)
		}
	}
}

func TestOpenRemovesStrayTablesOnly(t *testing.T) {
	fsys, want := damagedFS(t)
	before := fsys.files("cat")
	for _, name := range []string{"00000009.table", "MANIFEST.new", "notes.table", "123.table", "README"} {
		fsys.names["cat/"+name] = &inode{data: []byte("stray")}
	}
	c := mustOpen(t, fsys, nil)
	if d := difference(c, want); d != "" {
		t.Error(d)
	}
	got := strings.Fields(fsys.files("cat"))
	if want := append(strings.Fields(before), "123.table", "README", "notes.table"); len(got) != len(want) {
		t.Errorf("files: got %q, want %q", got, want)
	}
}

// TestScrubSeesLaterDamage damages the parts that Open has already read.
func TestScrubSeesLaterDamage(t *testing.T) {
	fsys, _ := damagedFS(t)
	c := mustOpen(t, fsys, nil)
	for _, name := range []string{"cat/MANIFEST", "cat/00000001.table"} {
		data := fsys.names[name].data
		data[len(data)-20] ^= 1
		if got := damages(t, c); len(got) != 1 || !strings.Contains(got[0], name) {
			t.Errorf("Verify: got %q, want damage of %s", got, name)
		}
		data[len(data)-20] ^= 1
	}
}

// TestMovedBlockIsSeen exchanges two blocks of the same length.
func TestMovedBlockIsSeen(t *testing.T) {
	fsys := newMemFS()
	c := mustOpen(t, fsys, &small)
	value := strings.Repeat("v", 100)
	mustCommit(t, c, "", map[string]string{"a": value, "b": value, "c": value})
	data := fsys.names["cat/00000001.table"].data
	// Each entry has a block of its own: three numbers (the length of the value
	// takes one byte), key, value, checksum.
	const start, length = 16, 3 + 1 + 100 + 4
	first := slices.Clone(data[start : start+length])
	copy(data[start:], data[start+length:start+2*length])
	copy(data[start+length:], first)
	if _, _, err := c.Get([]byte("a")); err == nil {
		t.Error("Get: got no error, want damage")
	}
	if _, ok, err := c.Get([]byte("c")); !ok || err != nil {
		t.Errorf("Get of a block in its place: got %v, error %v, want a value", ok, err)
	}
	if got := damages(t, c); len(got) != 2 {
		t.Errorf("Verify: got %q, want two damaged blocks", got)
	}
}

// TestVerifyComparesParts looks at tables whose checksums are right but whose
// parts contradict each other.
func TestVerifyComparesParts(t *testing.T) {
	// Three blocks: a; c and d; e, the separator that is forged.
	for part, want := range map[string]string{
		"nothing":        "",
		"entries":        "footer counts",
		"tombstones":     "footer counts",
		"block sum":      "not those",
		"filter":         "missing from the filter",
		"low separator":  "later block",
		"high separator": "below its block",
	} {
		fsys := newMemFS()
		c := mustOpen(t, fsys, &small)
		value := strings.Repeat("v", 100)
		mustCommit(t, c, "", map[string]string{"a": value, "c": "", "d": "", "e": value})
		table, manifest := fsys.names["cat/00000001.table"], fsys.names["cat/MANIFEST"]
		table.data, manifest.data = catalogue.Forge(table.data, manifest.data, part)
		c.Close()
		c = mustOpen(t, fsys, nil)
		got := strings.Join(damages(t, c), "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", part, got, want)
		}
	}
}
