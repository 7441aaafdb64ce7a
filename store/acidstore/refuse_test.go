package acidstore_test

import (
	"bytes"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store/acidstore"
)

// tree returns the content of every file below dir but the lock, which a start
// that is refused may make.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == "LOCK" {
			return err
		}
		if d.IsDir() {
			files[path] = "folder"
			return nil
		}
		b, err := os.ReadFile(path)
		files[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// wantRefused opens a store twice and asks for an error with all of the words. The
// files stay as they were, and none of them stays open.
func wantRefused(t *testing.T, dir string, shards int, words ...string) {
	t.Helper()
	before := tree(t, dir)
	for range 2 {
		s, err := acidstore.Open(dir, &acidstore.Options{Shards: shards})
		if err == nil {
			s.Close()
			t.Fatalf("open: got a store, want an error with %q", words)
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("open: got error %q, want one with %q", err, w)
			}
		}
	}
	if after := tree(t, dir); !maps.Equal(after, before) {
		t.Errorf("the files below %s were changed", dir)
	}
	if open := descriptors(t, dir); len(open) > 0 {
		t.Errorf("files that are still open: got %q, want none", open)
	}
}

// stored makes a store of two shards with something in each, in its tables and in
// its journal, and ends it in order or by a crash.
func stored(t *testing.T, end func(*testing.T, *acidstore.Store)) (dir string, want map[string]string) {
	t.Helper()
	dir, want = t.TempDir(), make(map[string]string)
	s := open(t, dir, 2)
	for shard := range 2 {
		for i := range 5 {
			name := named(shard, 2, i)
			mustCreate(t, s, name, text(strings.Repeat(name, 5000)))
			want[name] = strings.Repeat(name, 5000)
		}
	}
	s.Tidy()
	for name := range want {
		mustAppend(t, s, name, " in the journal")
		want[name] += " in the journal"
	}
	end(t, s)
	return dir, want
}

// ends are the ways in which a store can end.
var ends = map[string]func(*testing.T, *acidstore.Store){
	"closed":  closeStore,
	"crashed": func(_ *testing.T, s *acidstore.Store) { s.Abandon() },
}

// TestDamagedFileIsRefused damages one shard file as a whole. It is refused by its
// name, is not changed, and the store is whole again when the file is back.
func TestDamagedFileIsRefused(t *testing.T) {
	t.Parallel()
	type storeIn struct {
		dir  string
		want map[string]string
	}
	stores := make(map[string]storeIn)
	for how, end := range ends {
		dir, want := stored(t, end)
		stores[how] = storeIn{dir, want}
	}
	for name, c := range map[string]struct {
		damage func(b []byte) []byte
		want   string
	}{
		"empty":              {func(b []byte) []byte { return nil }, "empty"},
		"of one byte":        {func(b []byte) []byte { return b[:1] }, ""},
		"of one page":        {func(b []byte) []byte { return b[:pageBytes] }, ""},
		"of two pages":       {func(b []byte) []byte { return b[:2*pageBytes] }, "damaged"},
		"of three pages":     {func(b []byte) []byte { return b[:3*pageBytes] }, "damaged"},
		"of half its pages":  {func(b []byte) []byte { return b[:pages(b)/2*pageBytes] }, "damaged"},
		"without a page":     {func(b []byte) []byte { return b[:(pages(b)-1)*pageBytes] }, "damaged"},
		"without its metas":  {func(b []byte) []byte { clear(b[:2*pageBytes]); return b }, "invalid database"},
		"with nothing else":  {func(b []byte) []byte { clear(b[2*pageBytes:]); return b }, "damaged"},
		"of zeros":           {func(b []byte) []byte { clear(b); return b }, "invalid database"},
		"of garbage":         {func(b []byte) []byte { return garbage(b) }, "invalid database"},
		"with garbage pages": {func(b []byte) []byte { garbage(b[2*pageBytes:]); return b }, "damaged"},
		"of text":            {func(b []byte) []byte { return []byte("not a database at all\n") }, "invalid database"},
		"of another program": {func(b []byte) []byte { return database(t, func(*bolt.Tx) error { return nil }) }, "about"},
	} {
		for how, s := range stores {
			t.Run(name+" "+how, func(t *testing.T) {
				dir, want := t.TempDir(), s.want
				if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
					t.Fatal(err)
				}
				file := fileOf(t, dir, named(1, 2, 0))
				path := filepath.Join(dir, file)
				whole := mustRead(t, path)
				mustWrite(t, path, c.damage(bytes.Clone(whole)))
				wantRefused(t, dir, 2, file, c.want)
				mustWrite(t, path, whole)
				s := open(t, dir, 2)
				wantContent(t, s, want)
				closeStore(t, s)
			})
		}
	}
}

const pageBytes = 4096

// pages returns how many pages of a file are not only room.
func pages(b []byte) int { return (len(bytes.TrimRight(b, "\x00")) + pageBytes - 1) / pageBytes }

func garbage(b []byte) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// database returns the bytes of a bbolt file.
func database(t *testing.T, fill func(*bolt.Tx) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	damage(t, path, fill)
	return mustRead(t, path)
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mustWrite writes a file in its place.
func mustWrite(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o640); err != nil {
		t.Fatal(err)
	}
}

// TestMissingFileIsRefused: nothing is made in the place of a shard file that is
// not there.
func TestMissingFileIsRefused(t *testing.T) {
	t.Parallel()
	dir, want := stored(t, closeStore)
	file := fileOf(t, dir, named(1, 2, 0))
	path, aside := filepath.Join(dir, file), filepath.Join(dir, "aside")
	if err := os.Rename(path, aside); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, dir, 2, file, "missing")
	if err := os.Rename(aside, path); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, 2)
	wantContent(t, s, want)
	closeStore(t, s)
}

// TestMixedFilesAreRefused: a file of another store, and one of another place, are
// told by what they say of themselves.
func TestMixedFilesAreRefused(t *testing.T) {
	t.Parallel()
	dir, want := stored(t, closeStore)
	other, _ := stored(t, closeStore)
	first, second := filepath.Join(dir, fileOf(t, dir, named(0, 2, 0))), filepath.Join(dir, fileOf(t, dir, named(1, 2, 0)))
	zero, one := mustRead(t, first), mustRead(t, second)
	mustWrite(t, second, mustRead(t, filepath.Join(other, fileOf(t, dir, named(1, 2, 0)))))
	wantRefused(t, dir, 2, filepath.Base(first), filepath.Base(second), "different stores")
	mustWrite(t, first, one)
	mustWrite(t, second, zero)
	wantRefused(t, dir, 2, "it is shard", "mixed up") // whichever is met first
	mustWrite(t, first, zero)
	mustWrite(t, second, zero)
	wantRefused(t, dir, 2, filepath.Base(second), "shard 0 of 2", "mixed up")
	mustWrite(t, second, one)
	s := open(t, dir, 2)
	wantContent(t, s, want)
	closeStore(t, s)
}

// TestOtherCountIsRefused: the message has both numbers and both ways out.
func TestOtherCountIsRefused(t *testing.T) {
	t.Parallel()
	dir, want := stored(t, closeStore)
	for _, shards := range []int{1, 4, 256} {
		wantRefused(t, dir, shards, "2 shards", "DS_STORAGE__ACID_SHARD_COUNT=2", "weir reshard")
	}
	for _, shards := range []int{-1, 3, 257, 512} {
		wantRefused(t, dir, shards, "want a power of two from 1 to 256")
	}
	s := open(t, dir, 2)
	wantContent(t, s, want)
	closeStore(t, s)
}

// TestStrangeGenerationIsRefused: a folder whose name was changed does not make the
// store one that has no streams.
func TestStrangeGenerationIsRefused(t *testing.T) {
	t.Parallel()
	dir, want := stored(t, closeStore)
	right := filepath.Join(dir, filepath.Dir(fileOf(t, dir, named(0, 2, 0))))
	for _, name := range []string{"generation-000001-shards-3", "generation-1-shards-2", "generation-000001-shards-2.old"} {
		strange := filepath.Join(filepath.Dir(right), name)
		if err := os.Rename(right, strange); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, dir, 2, name)
		if err := os.Rename(strange, right); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, 2)
	wantContent(t, s, want)
	closeStore(t, s)
}

// TestNewerVersionIsRefused: a file of another version is not taken for damaged.
func TestNewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir, _ := stored(t, closeStore)
	file := fileOf(t, dir, named(1, 2, 0))
	damage(t, filepath.Join(dir, file), func(tx *bolt.Tx) error {
		record := bytes.Clone(tx.Bucket([]byte("about")).Get([]byte("shard"))[4:])
		record[0]++
		return seal(tx, "about", "shard", record)
	})
	wantRefused(t, dir, 2, file, "version of weir that this one does not know")
}

// TestSecondProcess: a directory that is in use is left alone.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 2)
	_, err := acidstore.Open(dir, &acidstore.Options{Shards: 2})
	if err == nil || !strings.Contains(err.Error(), "another weir process is using it") {
		t.Errorf("second open: got error %v, want that another process has it", err)
	}
	mustCreate(t, s, "a", text("a"))
	closeStore(t, s)
	s = open(t, dir, 2)
	wantContent(t, s, map[string]string{"a": "a"})
	closeStore(t, s)
}

func TestNoDirectory(t *testing.T) {
	_, err := acidstore.Open(filepath.Join(t.TempDir(), "missing"), nil)
	if err == nil || !strings.Contains(err.Error(), "open data directory") {
		t.Errorf("open without a directory: got error %v, want that it is not there", err)
	}
}

// TestInterruptedFirstStart: what a first start has left, that did not come to its
// end, is cleared away.
func TestInterruptedFirstStart(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"nothing":      nil,
		"empty folder": {},
		"empty file":   {"000.db": ""},
		"half a file":  {"000.db": strings.Repeat("x", 10_000), "001.db": ""},
		"other count":  {"000.db": "", "001.db": "", "002.db": "", "255.db": ""},
	} {
		dir := t.TempDir()
		building := filepath.Join(dir, "acid", "building")
		if files != nil {
			if err := os.MkdirAll(building, 0o750); err != nil {
				t.Fatal(err)
			}
		}
		for file, b := range files {
			mustWrite(t, filepath.Join(building, file), []byte(b))
		}
		s := open(t, dir, 2)
		mustCreate(t, s, "a", text(name))
		closeStore(t, s)
		expectFiles(t, dir, 2)
		s = open(t, dir, 2)
		wantContent(t, s, map[string]string{"a": name})
		closeStore(t, s)
	}
}
