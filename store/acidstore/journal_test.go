package acidstore_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// inJournal returns how many bytes of changes are not folded yet.
func inJournal(s *acidstore.Store) (n int64) {
	for _, sh := range s.Stats().Shards {
		n += sh.JournalBytes
	}
	return n
}

// crashed ends a store as the end of the process would and opens it again.
func crashed(t *testing.T, s *acidstore.Store, dir string, shards int) *acidstore.Store {
	t.Helper()
	s.Abandon()
	return open(t, dir, shards)
}

// TestJournalSurvives crashes before a fold, behind one, and with changes in the
// journal that were replayed from it.
func TestJournalSurvives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 2)
	want := map[string]string{"a": "0", "b": "0", "c": "0"}
	for name, bytes := range want {
		mustCreate(t, s, name, text(bytes))
	}
	appendAll := func(bytes string) {
		t.Helper()
		for name := range want {
			mustAppend(t, s, name, bytes)
			want[name] += bytes
		}
	}
	appendAll("1")
	s = crashed(t, s, dir, 2)
	wantContent(t, s, want)
	appendAll("2")
	s = crashed(t, s, dir, 2)
	wantContent(t, s, want)
	s.Tidy()
	s = crashed(t, s, dir, 2)
	wantContent(t, s, want)
	appendAll("3")
	s.Tidy()
	appendAll("4")
	s = crashed(t, s, dir, 2)
	wantContent(t, s, want)
	closeStore(t, s)
	s = open(t, dir, 2)
	wantContent(t, s, want)
	wantWhole(t, s)
	closeStore(t, s)
}

// TestJournalOfDeleted: what the journal has of a stream that is deleted, or whose
// name another one has by now, is passed over.
func TestJournalOfDeleted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	mustCreate(t, s, "gone", text("old "))
	mustCreate(t, s, "again", text("old "))
	mustAppend(t, s, "gone", "x")
	mustAppend(t, s, "again", "x")
	mustDelete(t, s, "gone")
	mustDelete(t, s, "again")
	mustCreate(t, s, "again", text("new "))
	mustAppend(t, s, "again", "y")
	want := map[string]string{"again": "new y"}
	for range 2 {
		s = crashed(t, s, dir, 1)
		wantContent(t, s, want)
	}
	s.Tidy()
	s = crashed(t, s, dir, 1)
	wantContent(t, s, want)
	wantWhole(t, s)
	closeStore(t, s)
}

// TestJournalIsEmptied: an ordinary end leaves nothing in a journal, also when all
// streams that it speaks of are deleted.
func TestJournalIsEmptied(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *acidstore.Store, dir string) *acidstore.Store{
		"at once":       func(s *acidstore.Store, _ string) *acidstore.Store { return s },
		"after a crash": func(s *acidstore.Store, dir string) *acidstore.Store { return crashed(t, s, dir, 1) },
	} {
		for last, change := range map[string]func(s *acidstore.Store){
			"kept":    func(*acidstore.Store) {},
			"deleted": func(s *acidstore.Store) { mustDelete(t, s, "a") },
		} {
			dir := t.TempDir()
			s := open(t, dir, 1)
			mustCreate(t, s, "a", store.Change{})
			mustAppend(t, s, "a", "x")
			change(s)
			s = end(s, dir)
			file := filepath.Join(dir, s.File(0))
			closeStore(t, s)
			eachFile(t, dir, func(tx *bolt.Tx) {
				if k, v := tx.Bucket([]byte("journal")).Cursor().First(); k != nil {
					t.Errorf("stream %s, closed %s: the journal of %s has %x under %x, want nothing", last, name, file, v, k)
				}
			})
		}
	}
}

// TestJournalBytes: the figure is what the journal has, in life and after a crash.
func TestJournalBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	wantBytes := func(when string, low, high int64) {
		t.Helper()
		if got := inJournal(s); got < low || got > high {
			t.Errorf("journal %s: got %d bytes, want %d to %d", when, got, low, high)
		}
	}
	wantBytes("of a new store", 0, 0)
	for _, name := range []string{"a", "b", "c"} {
		mustCreate(t, s, name, text("x"))
	}
	wantBytes("after creations, which are not in it", 0, 0)
	mustAppend(t, s, "a", strings.Repeat("x", 1000))
	wantBytes("after an append", 1000, 1100)
	mustAppend(t, s, "b", strings.Repeat("x", 2000))
	wantBytes("after two", 3000, 3200)
	before := inJournal(s)
	s = crashed(t, s, dir, 1)
	wantBytes("after a crash", before, before)
	mustDelete(t, s, "c")
	s.Tidy()
	wantBytes("after a fold", 0, 0)
	mustAppend(t, s, "a", "x")
	mustDelete(t, s, "a")
	s.Tidy()
	wantBytes("of a deleted stream after a fold", 0, 0)
	closeStore(t, s)
}

// TestFoldTimer: what is noted is folded in time when nothing else happens.
func TestFoldTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), 2)
		defer closeStore(t, s)
		mustCreate(t, s, "a", store.Change{})
		for range 3 {
			time.Sleep(time.Minute)
			mustAppend(t, s, "a", "x")
			time.Sleep(acidstore.FoldAfter / 2)
			mustAppend(t, s, "a", "y")
			time.Sleep(acidstore.FoldAfter/2 - time.Millisecond)
			if inJournal(s) == 0 {
				t.Errorf("journal before its time: got nothing, want the changes")
			}
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			if got := inJournal(s); got != 0 {
				t.Errorf("journal after its time: got %d bytes, want none", got)
			}
			if got := s.Live(); got != 0 {
				t.Errorf("streams in memory after the fold: got %d, want none", got)
			}
		}
		wantContent(t, s, map[string]string{"a": "xyxyxy"})
	})
}

// TestFoldWhenFull: a journal that has grown to its bound is folded with the
// changes that come next, without waiting.
func TestFoldWhenFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 4)
	mustCreate(t, s, "a", store.Change{})
	mustCreate(t, s, "b", store.Change{})
	var most int64
	part := strings.Repeat("a", 100<<10)
	for range 100 {
		mustAppend(t, s, "a", part)
		most = max(most, inJournal(s))
	}
	if most == 0 || most > acidstore.MaxJournal {
		t.Errorf("journal at its largest: got %d bytes, want some and up to %d", most, acidstore.MaxJournal)
	}
	if got := s.Stats().MemoryBytes; got > acidstore.MaxJournal+1<<20 {
		t.Errorf("bytes in memory: got %d, want no more than the journal has", got)
	}
	s = crashed(t, s, dir, 4)
	wantContent(t, s, map[string]string{"a": strings.Repeat(part, 100), "b": ""})
	closeStore(t, s)
}

// TestJournalThatDoesNotFit: an entry that does not begin at its stream's tail is
// refused at the start, and nothing is changed.
func TestJournalThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]int64{"a gap": 4, "twice": 2, "far": 1 << 60, "before": -1} {
		dir := t.TempDir()
		s := open(t, dir, 2)
		mustCreate(t, s, "a", text("123"))
		h := mustOpen(t, s, "a")
		id := h.Meta().ID
		h.Release()
		closeStore(t, s)
		file := fileOf(t, dir, "a")
		damage(t, filepath.Join(dir, file), func(tx *bolt.Tx) error {
			return seal(tx, "journal", string(idKey(9)), acidstore.JournalValue(id, tail, text("4")))
		})
		wantRefused(t, dir, 2, file, `"a"`)
		damage(t, filepath.Join(dir, file), func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("journal")).Delete(idKey(9))
		})
		s = open(t, dir, 2)
		wantContent(t, s, map[string]string{"a": "123"})
		if t.Failed() {
			t.Errorf("with %s", name)
		}
		closeStore(t, s)
	}
}
