package catalogue_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
)

// TestCommitsGoOnAroundDamage damages a block in each of three tables in turn.
// Commits go on, with few tables, and nothing but what the block holds is lost:
// that stays an error, and is right again once the block is.
func TestCommitsGoOnAroundDamage(t *testing.T) {
	for number := 1; number <= 3; number++ {
		fsys, want := damagedFS(t)
		file := fmt.Sprintf("cat/%08d.table", number)
		c := mustOpen(t, fsys, &small)
		block := &fsys.names[file].data[20]
		*block ^= 1
		for i := range 20 {
			changes := map[string]string{fmt.Sprintf("new/%d", i): "value", "a/000": "-", "b": fmt.Sprint(i)}
			root := fmt.Sprint("root", i)
			mustCommit(t, c, root, changes)
			want = want.with(root, changes)
			if got := c.Stats().Tables; got > 2*small.MaxTables {
				t.Fatalf("table %d: got %d tables after %d commits, want %d at most", number, got, i+1, 2*small.MaxTables)
			}
		}
		for k, value := range want.entries {
			if got, ok, err := c.Get([]byte(k)); err == nil && (!ok || string(got) != value) {
				t.Errorf("table %d: get %q: got %q, %v, want %q or an error", number, k, got, ok, value)
			}
		}
		if _, err := scan(c, nil, nil); !errors.As(err, new(*catalogue.CorruptionError)) {
			t.Errorf("table %d: scan: got error %v, want damage", number, err)
		}
		if got := damages(t, c); len(got) != 1 || !strings.Contains(got[0], file) {
			t.Errorf("table %d: got damage %q, want %s", number, got, file)
		}
		*block ^= 1
		if d := difference(c, want); d != "" {
			t.Errorf("table %d, once it is mended: %s", number, d)
		}
		mustCommit(t, c, "last", map[string]string{"last": "value"})
		if d := difference(c, want.with("last", map[string]string{"last": "value"})); d != "" {
			t.Errorf("table %d, one commit later: %s", number, d)
		}
	}
}

func TestOpenReadOnly(t *testing.T) {
	fsys, want := damagedFS(t)
	for _, name := range []string{"00000009.table", "MANIFEST.new", "notes"} {
		fsys.names["cat/"+name] = &inode{data: []byte("stray")}
	}
	before := fsys.files("cat")
	c, err := catalogue.OpenReadOnly(fsys, "cat")
	if err != nil {
		t.Fatalf("got error %v, want none", err)
	}
	if d := difference(c, want); d != "" {
		t.Error(d)
	}
	left, err := c.Leftovers()
	if want := []string{"00000009.table", "MANIFEST.new"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("leftovers: got %q and error %v, want %q", left, err, want)
	}
	c.Close()
	if _, err := c.Leftovers(); !errors.Is(err, catalogue.ErrClosed) {
		t.Errorf("leftovers when closed: got error %v, want %v", err, catalogue.ErrClosed)
	}
	if after := fsys.files("cat"); after != before {
		t.Errorf("files: got %s, want them untouched: %s", after, before)
	}

	for what, lose := range map[string]func(){
		"a table is missing":      func() { delete(fsys.names, "cat/00000001.table") },
		"the manifest is missing": func() { delete(fsys.names, "cat/MANIFEST") },
	} {
		fsys, _ = damagedFS(t)
		lose()
		if _, err := catalogue.OpenReadOnly(fsys, "cat"); !errors.As(err, new(*catalogue.CorruptionError)) {
			t.Errorf("%s: got error %v, want damage", what, err)
		}
	}
	if _, err := catalogue.OpenReadOnly(newMemFS(), "cat"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got error %v, want %v", err, fs.ErrNotExist)
	}
}

// TestVerifyPaces counts what is read, and ends with the pace's error.
func TestVerifyPaces(t *testing.T) {
	fsys, _ := damagedFS(t)
	c := mustOpen(t, fsys, &small)
	read := 0
	none := func(d *catalogue.CorruptionError) { t.Errorf("got %v, want no damage", d) }
	if err := c.Verify(t.Context(), none, func(n int) error { read += n; return nil }); err != nil {
		t.Fatal(err)
	}
	if stats := c.Stats(); int64(read) < stats.Bytes*9/10 || int64(read) > stats.Bytes {
		t.Errorf("got %d bytes, want almost the %d there are", read, stats.Bytes)
	}
	want := errors.New("enough")
	for after := range 4 {
		calls := 0
		err := c.Verify(t.Context(), none, func(int) error {
			if calls++; calls > after {
				return want
			}
			return nil
		})
		if !errors.Is(err, want) || calls != after+1 {
			t.Errorf("got error %v after %d calls, want %v after %d", err, calls, want, after+1)
		}
	}
}
