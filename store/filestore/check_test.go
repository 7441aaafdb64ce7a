package filestore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// checked returns what a check reports, a line for each finding, and fails the
// test when it changes anything.
func checked(t *testing.T, disk *memFS) string {
	t.Helper()
	before := disk.files()
	var lines []string
	err := filestore.CheckFS(t.Context(), disk, store.ScrubOptions{Report: func(d store.CorruptionError) {
		kind := "damage: "
		if d.Note {
			kind = "note: "
		}
		lines = append(lines, kind+d.Error())
	}})
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	if !maps.Equal(disk.files(), before) {
		t.Error("check: got other files than before, want them untouched")
	}
	return strings.Join(lines, "\n")
}

// wantFindings compares what a check reports with a part of each line, in order.
func wantFindings(t *testing.T, disk *memFS, want ...string) {
	t.Helper()
	got := checked(t, disk)
	lines := strings.Split(got, "\n")
	if got == "" {
		lines = nil
	}
	if len(lines) != len(want) {
		t.Fatalf("got findings\n%s\nwant %d: %q", got, len(want), want)
	}
	for i := range want {
		if !strings.Contains(lines[i], want[i]) {
			t.Errorf("got finding %s, want %s in it", lines[i], want[i])
		}
	}
}

// put makes a file, and its folders.
func (m *memFS) put(t *testing.T, name, bytes string) {
	t.Helper()
	if err := m.MkdirAll(name[:strings.LastIndex(name, "/")]); err != nil {
		t.Fatal(err)
	}
	f, err := m.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(bytes), 0); err != nil {
		t.Fatal(err)
	}
}

// TestCheckOfASoundStore finds nothing, whatever recovery has to do.
func TestCheckOfASoundStore(t *testing.T) {
	wantFindings(t, newMemFS())
	for _, c := range recoveries {
		for point, cut := range cuts {
			t.Run(c.name+"/"+point, func(t *testing.T) {
				s, fs := open(t, newMemFS(), synced(quiet))
				perform(t, s, c.steps)
				if cut != nil {
					fs.set(cutFrom(cut))
					s.Checkpoint()
				}
				for line := range strings.Lines(checked(t, crash(s, fs, true))) {
					if !strings.HasPrefix(line, "note: ") || !strings.Contains(line, "a checkpoint that was cut short") {
						t.Errorf("got finding %s, want at most leftovers of the checkpoint", line)
					}
				}
			})
		}
	}
}

func TestCheckNotes(t *testing.T) {
	disk := flipWorld(t, quiet)
	wantFindings(t, disk)
	disk.put(t, "file/catalogue/MANIFEST.new", "half")
	disk.put(t, "file/kept/0000000000000009", "bytes")
	disk.put(t, "file/lost/0000000000000009-00000000.cut", "bytes")
	disk.put(t, "file/data/09/0000000000000009", "bytes")
	disk.put(t, "file/data/01/0000000000000009", "bytes")
	disk.put(t, "file/data/notes/mine", "bytes")
	for _, name := range disk.sortedFiles() {
		if isLog(name) {
			node := disk.names[name]
			node.data = append(node.data, "torn"...)
		}
	}
	wantFindings(t, disk,
		"note: file/wal/000000000000000c.wal is damaged at byte",
		"note: file/catalogue/MANIFEST.new",
		"note: file/kept/0000000000000009",
		"note: file/lost/0000000000000009-00000000.cut",
		"note: file/data/01/0000000000000009",
		"note: file/data/09/0000000000000009 is damaged: it belongs to no stream",
		"note: file/data/notes",
	)
}

// TestCheckFindsContradictions changes single entries of the catalogue, whose
// checksums are right.
func TestCheckFindsContradictions(t *testing.T) {
	be := binary.BigEndian
	id := func(space byte, n uint64) []byte { return be.AppendUint64([]byte{space}, n) }
	pair := func(space byte, a, b uint64) []byte { return be.AppendUint64(id(space, a), b) }
	const a, due = 1, 3 // identities in flipWorld
	for name, c := range map[string]struct {
		change func(b *catalogue.Batch, root []byte)
		want   []string
	}{
		"nothing":            {func(*catalogue.Batch, []byte) {}, nil},
		"identity is wrong":  {func(b *catalogue.Batch, _ []byte) { b.Put(id('i', due), []byte("closed")) }, []string{`its identity leads elsewhere (stream "due")`, `not its own (stream "closed")`}},
		"identity of nobody": {func(b *catalogue.Batch, _ []byte) { b.Put(id('i', 99), []byte("nobody")) }, []string{`not its own (stream "nobody")`}},
		"time is missing":    {func(b *catalogue.Batch, _ []byte) { b.Delete(pair('d', 1<<41, due)) }, []string{`its time is not noted (stream "due")`}},
		"time is wrong":      {func(b *catalogue.Batch, _ []byte) { b.Put(pair('d', 7, due), []byte("due")) }, []string{`not its own (stream "due")`}},
		"extent is missing":  {func(b *catalogue.Batch, _ []byte) { b.Delete(pair('x', a, 43)) }, []string{`join up to position 13 only, and it has 43 (stream "a")`}},
		"extent too many":    {func(b *catalogue.Batch, _ []byte) { b.Put(pair('x', a, 50), []byte("12345678sum!")) }, []string{"decode extent", `join up to position 43 only`}},
		"count is wrong":     {func(_ *catalogue.Batch, root []byte) { root[33]++ }, []string{"it has 7 streams, but counts 8"}},
		"source is missing":  {func(b *catalogue.Batch, _ []byte) { b.Delete([]byte("nsource")); b.Delete(id('i', 4)) }, []string{"it was forked from is missing (stream \"fork\")", "it has 6 streams, but counts 7", "belongs to no stream"}},
		"fork is missing": {func(b *catalogue.Batch, _ []byte) { b.Delete([]byte("nfork")); b.Delete(id('i', 6)) }, []string{
			"it was forked from is missing (stream \"again\")", "it has 6 streams, but counts 7",
			`count of forks is off by 1 (stream "source")`, "belongs to no stream",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			disk := flipWorld(t, quiet)
			cat, err := catalogue.Open(disk, "file/catalogue", nil)
			if err != nil {
				t.Fatal(err)
			}
			var b catalogue.Batch
			root := cat.Root()
			c.change(&b, root)
			if err := cat.Commit(&b, root); err != nil {
				t.Fatal(err)
			}
			cat.Close()
			wantFindings(t, disk, c.want...)
		})
	}
}

// TestCheckFindsMissingRecords has the catalogue need a part of the log that is not
// there.
func TestCheckFindsMissingRecords(t *testing.T) {
	const start = 1 + 16 // where replay begins, in the root
	for name, c := range map[string]struct {
		from uint64
		want string
	}{
		"before the log": {3, "records 3 to 11 are missing"},
		"behind the log": {20, "records 16 to 19 are missing"},
	} {
		t.Run(name, func(t *testing.T) {
			disk := flipWorld(t, quiet)
			cat, err := catalogue.Open(disk, "file/catalogue", nil)
			if err != nil {
				t.Fatal(err)
			}
			root := cat.Root()
			binary.LittleEndian.PutUint64(root[start:], c.from)
			if err := cat.Commit(nil, root); err != nil {
				t.Fatal(err)
			}
			cat.Close()
			wantFindings(t, disk, c.want)
		})
	}
}

func TestCheckOfLostFolders(t *testing.T) {
	for folder, want := range map[string]string{
		"file/data":      "file/data is damaged: it is missing",
		"file/wal":       "file/wal is damaged: it is missing",
		"file/catalogue": "file/catalogue is damaged: it is missing",
	} {
		disk := flipWorld(t, quiet)
		maps.DeleteFunc(disk.names, func(name string, _ *inode) bool { return name == folder || strings.HasPrefix(name, folder+"/") })
		if got := checked(t, disk); !strings.Contains(got, want) {
			t.Errorf("without %s: got %s, want %s", folder, got, want)
		}
	}
}

// TestCheckCannot: what keeps a check from looking.
func TestCheckCannot(t *testing.T) {
	o := store.ScrubOptions{Report: func(d store.CorruptionError) { t.Errorf("got report %v, want none", &d) }}
	if err := filestore.Check(t.Context(), filepath.Join(t.TempDir(), "missing"), o); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: got error %v, want %v", err, fs.ErrNotExist)
	}
	dir := t.TempDir()
	fill(t, dir)
	s := reopened(t, dir)
	if err := filestore.Check(t.Context(), dir, o); !errors.Is(err, store.ErrInUse) {
		t.Errorf("open store: got error %v, want %v", err, store.ErrInUse)
	}
	mustClose(t, s)
	if err := filestore.Check(t.Context(), dir, o); err != nil {
		t.Errorf("closed store: got error %v, want none", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := filestore.Check(ctx, dir, o); !errors.Is(err, context.Canceled) {
		t.Errorf("context that has ended: got error %v, want %v", err, context.Canceled)
	}
	cat, err := catalogue.Open(vfs.OS(dir), "file/catalogue", nil)
	if err != nil {
		t.Fatal(err)
	}
	root := cat.Root()
	root[0]++
	if err := cat.Commit(nil, root); err != nil {
		t.Fatal(err)
	}
	cat.Close()
	if err := filestore.Check(t.Context(), dir, o); err == nil || !strings.Contains(err.Error(), "does not know") {
		t.Errorf("unknown version: got error %v, want one that says so", err)
	}
}

// TestCheckPaces asks how much is read between two calls.
func TestCheckPaces(t *testing.T) {
	disk := newMemFS()
	s, _ := open(t, disk, quiet)
	mustCreate(t, s, "s", strings.Repeat("x", 5<<20))
	mustCheckpoint(t, s)
	mustClose(t, s)
	calls, bytes := 0, 0
	o := store.ScrubOptions{
		Report: func(d store.CorruptionError) { t.Errorf("got report %v, want none", &d) },
		Pace: func(_ context.Context, n int) error {
			calls, bytes = calls+1, bytes+n
			if n > 2<<20 {
				t.Errorf("got %d bytes at once, want 2 MiB at most", n)
			}
			return nil
		},
	}
	if err := filestore.CheckFS(t.Context(), disk, o); err != nil || calls < 4 || bytes < 4<<20 {
		t.Errorf("got error %v and %d calls for %d bytes, want 4 or more", err, calls, bytes)
	}
}
