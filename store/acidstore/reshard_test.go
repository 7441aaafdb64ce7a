package acidstore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// smallPiece makes the tools commit often, and report each time.
var smallPiece = acidstore.Pace{Bytes: 16 << 10}

func TestReshard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := fill(t, dir, 16)
	leaveTrash(t, dir, "plain/1", 1<<40)
	leaveOver(t, dir)
	store := storeID(t, dir)
	for _, shards := range []int{64, 1, 4, 2} {
		_, from, _, err := acidstore.Generations(dir)
		if err != nil {
			t.Fatal(err)
		}
		r, err := acidstore.ReshardFS(t.Context(), dir, vfs.OS(dir), smallPiece, shards, nil)
		if wanted := (acidstore.Resharded{From: from, To: shards, Streams: int64(len(want.streams))}); r != wanted || err != nil {
			t.Fatalf("reshard: got %+v and %v, want %+v", r, err, wanted)
		}
		expectFiles(t, dir, shards)
		expectNothingDead(t, dir, want)
		if got := storeID(t, dir); got != store {
			t.Errorf("identity of the store: got %x, want %x", got, store)
		}
		want.expect(t, dir, "after the reshard")
	}
}

// expectFiles checks that one generation is there, and nothing else.
func expectFiles(t *testing.T, dir string, shards int) {
	t.Helper()
	folder, got, older, err := acidstore.Generations(dir)
	if err != nil || got != shards || len(older) > 0 {
		t.Fatalf("generations: got %d shards after %q and %v, want %d after none", got, older, err, shards)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "acid"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("folders: got %v and %v, want one", entries, err)
	}
	files, err := os.ReadDir(filepath.Join(dir, folder))
	if err != nil || len(files) != shards {
		t.Fatalf("files: got %v and %v, want %d", files, err, shards)
	}
}

// leaveTrash leaves more of a deleted stream than is removed in one start.
func leaveTrash(t *testing.T, dir, beside string, id uint64) {
	t.Helper()
	damage(t, filepath.Join(dir, fileOf(t, dir, beside)), func(tx *bolt.Tx) error {
		if err := seal(tx, "trash", string(idKey(id)), nil); err != nil {
			return err
		}
		for i := range uint64(20000) {
			if err := seal(tx, "streams", string(idKey(id))+"\x00"+string(idKey(i)), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// storeID returns the identity of the store in its first file.
func storeID(t *testing.T, dir string) (id string) {
	t.Helper()
	eachFile(t, dir, func(tx *bolt.Tx) {
		const checksum, version, length = 4, 1, 16
		v := tx.Bucket([]byte("about")).Get([]byte("shard"))
		id = string(v[checksum+version:][:length])
	})
	return id
}

// eachFile calls f with a transaction on every shard file.
func eachFile(t *testing.T, dir string, f func(tx *bolt.Tx)) {
	t.Helper()
	folder, _, _, err := acidstore.Generations(dir)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, folder, "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.View(func(tx *bolt.Tx) error { f(tx); return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// expectNothingDead checks that the files hold no trash and no value of a stream
// that is not there.
func expectNothingDead(t *testing.T, dir string, want contents) {
	t.Helper()
	alive := make(map[string]bool)
	for _, s := range want.streams {
		alive[string(idKey(s.meta.ID))] = true
	}
	eachFile(t, dir, func(tx *bolt.Tx) {
		if k, _ := tx.Bucket([]byte("trash")).Cursor().First(); k != nil {
			t.Errorf("trash: got %x, want nothing", k)
		}
		_ = tx.Bucket([]byte("streams")).ForEach(func(k, _ []byte) error {
			if !alive[string(k[:8])] {
				t.Errorf("value of a stream that is not there: got %x, want none", k)
			}
			return nil
		})
	})
}

// leaveOver makes what reshards that were killed may have left.
func leaveOver(t *testing.T, dir string) {
	t.Helper()
	for _, folder := range []string{"generation-000000-shards-8", "building"} {
		folder = filepath.Join(dir, "acid", folder)
		if err := os.Mkdir(folder, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "000.db"), []byte("old"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReshardToTheSameCount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := fill(t, dir, 2)
	leaveOver(t, dir)
	r, err := acidstore.Reshard(t.Context(), dir, 2, nil)
	if wanted := (acidstore.Resharded{From: 2, To: 2}); r != wanted || err != nil {
		t.Fatalf("reshard to the same count: got %+v and %v, want %+v", r, err, wanted)
	}
	expectFiles(t, dir, 2)
	want.expect(t, dir, "after a reshard to the same count")
}

func TestOfflineRefuses(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 2)
	held := openStore(t, dir)
	defer closeStore(t, held)
	for _, c := range []struct {
		name, dir string
		shards    int
		want      string
		is        error
	}{
		{"no power of two", dir, 3, "got 3 shards, want a power of two from 1 to 256", nil},
		{"none", dir, 0, "got 0 shards", nil},
		{"too many", dir, 512, "got 512 shards", nil},
		{"in use", dir, 4, "another weir process is using it", vfs.ErrLocked},
		{"in use, same count", dir, 2, "another weir process is using it", vfs.ErrLocked},
		{"no store", t.TempDir(), 4, "it holds no streams of mode acid", acidstore.ErrNoStore},
		{"no directory", filepath.Join(dir, "missing"), 4, "", acidstore.ErrNoStore},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := acidstore.Reshard(t.Context(), c.dir, c.shards, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("reshard: got %v, want %q", err, c.want)
			}
			if c.is == nil {
				return
			}
			if _, _, err := acidstore.Compact(t.Context(), c.dir, nil); !errors.Is(err, c.is) {
				t.Errorf("compact: got %v, want %v", err, c.is)
			}
		})
	}
}

// A directory of something else is left as it was.
func TestOfflineLeavesNoLock(t *testing.T) {
	dir := t.TempDir()
	if _, err := acidstore.Reshard(t.Context(), dir, 4, nil); !errors.Is(err, acidstore.ErrNoStore) {
		t.Errorf("reshard: got %v, want ErrNoStore", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "LOCK")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("lock file: got %v, want none", err)
	}
}

// An identity that was given in one shard must not be given in another later.
func TestReshardKeepsIdentitiesApart(t *testing.T) {
	dir := t.TempDir()
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	f := newFiller(t, s)
	f.create("kept", plain, store.Change{})
	f.wait()
	highest := touch(t, s)
	closeStore(t, s)
	for _, shards := range []int{1, 8, 2} {
		if _, err := acidstore.Reshard(t.Context(), dir, shards, nil); err != nil {
			t.Fatal(err)
		}
		s := openStore(t, dir)
		id := touch(t, s)
		closeStore(t, s)
		if id <= highest {
			t.Errorf("identity with %d shards: got %d, want it above %d", shards, id, highest)
		}
		highest = id
	}
}

// What a server that was killed has in its journals is moved too.
func TestOfflineAfterKill(t *testing.T) {
	t.Parallel()
	for tool, run := range tools {
		t.Run(tool, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 2)
			s := openStore(t, dir)
			f := newFiller(t, s)
			f.create("late", plain, text("a"), produced("p", 1), text("b"))
			for i := range 20 {
				f.commit(fmt.Sprintf("plain/%d", i), text("late"))
			}
			f.wait()
			want := look(t, s)
			want.highest = want.streams["late"].meta.ID
			s.Abandon()
			if err := run(t.Context(), dir, vfs.OS(dir), smallPiece, nil); err != nil {
				t.Fatal(err)
			}
			want.expect(t, dir, "after the kill")
		})
	}
}
