package acidstore_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

func TestCompact(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := fill(t, dir, 4)
	size, sequences := fileBytes(t, dir), sequencesOf(t, dir)
	if len(sequences) == 0 {
		t.Fatal("got no sequences, want some to be kept")
	}
	before, after, err := acidstore.CompactFS(t.Context(), dir, vfs.OS(dir), smallPiece, nil)
	if err != nil {
		t.Fatal(err)
	}
	if before != size || after != fileBytes(t, dir) || after >= before {
		t.Errorf("sizes: got %d and %d, want %d and %d, which is less", before, after, size, fileBytes(t, dir))
	}
	expectFiles(t, dir, 4)
	expectNothingDead(t, dir, want)
	if got := sequencesOf(t, dir); !maps.Equal(got, sequences) {
		t.Errorf("sequences: got %v, want %v", got, sequences)
	}
	want.expect(t, dir, "after the compaction")
}

// What was deleted takes no room any more, and what is compact stays so.
func TestCompactGivesSpaceBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, dir, 1)
	if _, _, err := acidstore.Compact(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	dense := fileBytes(t, dir)
	s := openStore(t, dir)
	f := newFiller(t, s)
	for range 4 {
		f.create("passing", plain, text(string(make([]byte, 1<<20))))
		f.wait()
		f.remove("passing")
		f.wait()
	}
	closeStore(t, s)
	for range 2 {
		_, after, err := acidstore.Compact(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		// A few pages are free because of the order in which they were written.
		if after > dense*5/4 {
			t.Errorf("size after deletions: got %d, want about %d", after, dense)
		}
	}
}

// fileBytes returns how large the shard files are.
func fileBytes(t *testing.T, dir string) (sum int64) {
	t.Helper()
	folder, _, _, err := acidstore.Generations(dir)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		sum += info.Size()
	}
	return sum
}

// sequencesOf returns the sequences that have begun, by file and bucket.
func sequencesOf(t *testing.T, dir string) map[string]uint64 {
	t.Helper()
	all := make(map[string]uint64)
	eachFile(t, dir, func(tx *bolt.Tx) {
		_ = tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			if n := b.Sequence(); n > 0 {
				all[filepath.Base(tx.DB().Path())+" "+string(name)] = n
			}
			return nil
		})
	})
	return all
}
