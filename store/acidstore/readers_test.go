package acidstore_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/weirstreams/weir/store"
)

// mustSection reads a range that is too large to be copied at once.
func mustSection(t *testing.T, h store.Handle, from, to int64) *store.Section {
	t.Helper()
	pieces, err := h.Read(from, to)
	if err != nil || len(pieces) != 1 || pieces[0].File == nil {
		t.Fatalf("read %d to %d: got %v and error %v, want a section", from, to, pieces, err)
	}
	return pieces[0].File
}

// mustRest reads what is left of a section.
func mustRest(t *testing.T, sec *store.Section) string {
	t.Helper()
	b, err := io.ReadAll(sec.R)
	if err != nil {
		t.Fatalf("read section: %v", err)
	}
	return string(b)
}

func mustFirst(t *testing.T, sec *store.Section, n int) string {
	t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(sec.R, b); err != nil {
		t.Fatalf("read section: %v", err)
	}
	return string(b)
}

// TestStuckReader: a reader that has begun and does not go on does not make the
// file grow, however much is written and folded meanwhile.
func TestStuckReader(t *testing.T) {
	t.Parallel()
	free, stuck := workBesideReader(t, false), workBesideReader(t, true)
	if stuck*10 > free*11 {
		t.Errorf("pages of the file: got %d bytes with a stuck reader, want about the %d without", stuck, free)
	}
}

// workBesideReader appends and folds, and returns how many bytes of pages the file
// has then.
func workBesideReader(t *testing.T, stuck bool) int64 {
	t.Helper()
	const appends, group, folds = 20_000, 200, 40
	s := open(t, t.TempDir(), 1)
	defer closeStore(t, s)
	content := strings.Repeat("read slowly ", 20_000)
	mustCreate(t, s, "read", text(content))
	for i := range 10 {
		mustCreate(t, s, fmt.Sprint(i), store.Change{})
	}
	s.Tidy()
	read := mustOpen(t, s, "read")
	defer read.Release()
	var sec *store.Section
	if stuck {
		sec = mustSection(t, read, 0, int64(len(content)))
		mustFirst(t, sec, 1)
	}
	for i := range appends / group {
		h := mustOpen(t, s, fmt.Sprint(i%10))
		var last outcome
		for range group {
			last = stageChange(h, text(strings.Repeat("x", 100)))
		}
		if err := <-last; err != nil {
			t.Fatalf("append: %v", err)
		}
		h.Release()
		mustAppend(t, s, "read", "more")
		if i%(appends/group/folds) == 0 {
			s.Tidy()
		}
		// What a transaction frees, the one after the next can use.
		if sh := s.Stats().Shards[0]; sh.PendingPages > 400 {
			t.Fatalf("pages that wait for readers: got %d, want those of one transaction", sh.PendingPages)
		}
		if n := s.OpenTransactions(); n > 0 {
			t.Fatalf("open transactions: got %d, want none", n)
		}
	}
	if stuck {
		if got := mustRest(t, sec); got != content[1:] {
			t.Errorf("rest of what the reader began: got %.40q of %d bytes, want %.40q of %d", got, len(got), content[1:], len(content)-1)
		}
		sec.C.Close()
	}
	sh := s.Stats().Shards[0]
	return sh.FileBytes - s.Room(0)
}

// TestReaderOfDeleted: what was read of a stream before its deletion stays right,
// to the end, and its pages are free when the last reader is done.
func TestReaderOfDeleted(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 1)
	defer closeStore(t, s)
	content := strings.Repeat("read to the end ", 64<<10)
	mustCreate(t, s, "gone", text(content))
	mustCreate(t, s, "beside", store.Change{})
	s.Tidy()
	mustAppend(t, s, "gone", "in memory")
	h := mustOpen(t, s, "gone")
	small, err := h.Read(10, 100)
	if err != nil {
		t.Fatal(err)
	}
	end := int64(len(content))
	recent, err := h.Read(end, end+9)
	if err != nil {
		t.Fatal(err)
	}
	first, second := mustSection(t, h, 0, end), mustSection(t, h, 5, end)
	begun := mustFirst(t, first, 1000)
	if err := <-stage(h.Delete); err != nil {
		t.Fatal(err)
	}
	h.Release()
	mustCreate(t, s, "gone", text("another of that name"))
	work := func() {
		t.Helper()
		for range 20 {
			mustAppend(t, s, "beside", "x")
			s.Tidy()
		}
	}
	work()
	if got := s.Trash(); got != 1 {
		t.Fatalf("deleted streams that are being read: got %d, want 1", got)
	}
	if got := begun + mustRest(t, first); got != content {
		t.Errorf("section: got %.40q of %d bytes, want %.40q of %d", got, len(got), content, len(content))
	}
	for range 2 {
		first.C.Close()
	}
	work()
	if got := s.Trash(); got != 1 {
		t.Fatalf("deleted streams that are still being read: got %d, want 1", got)
	}
	before := s.Stats().Shards[0].FreePages
	if got := mustRest(t, second); got != content[5:] {
		t.Errorf("second section: got %.40q of %d bytes, want %.40q of %d", got, len(got), content[5:], len(content)-5)
	}
	second.C.Close()
	cleared(t, s)
	work()
	if got := s.Stats().Shards[0].FreePages - before; got*4096 < end {
		t.Errorf("pages that are free when the reader is done: got %d more, want those of %d bytes", got, end)
	}
	for what, c := range map[string]struct {
		pieces []store.Piece
		want   string
	}{"small piece": {small, content[10:100]}, "piece in memory": {recent, "in memory"}} {
		if got, err := c.pieces[0].Bytes(); err != nil || string(got) != c.want {
			t.Errorf("%s: got %q and error %v, want %q", what, got, err, c.want)
		}
	}
}

// TestManyReaders reads a stream from its beginning, fifty times at once and again
// and again, while it is written and folded.
func TestManyReaders(t *testing.T) {
	t.Parallel()
	const readers, passes, appends, size = 50, 12, 40, 5000
	s := open(t, t.TempDir(), 2)
	all := make([]byte, appends*size)
	for i := range all {
		all[i] = byte(i) ^ byte(i>>8)
	}
	mustCreate(t, s, "s", store.Change{})
	h := mustOpen(t, s, "s")
	write := func(from, to int) {
		for i := from; i < to; i++ {
			if err := <-stageChange(h, store.Change{Bytes: all[i*size : (i+1)*size]}); err != nil {
				t.Errorf("append: %v", err)
			}
			if i%5 == 0 {
				s.Tidy()
			}
		}
	}
	write(0, appends/2)
	var reading sync.WaitGroup
	for range readers {
		reading.Go(func() {
			for range passes {
				if err := sameFrom(h, 0, all[:h.Meta().Tail]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	write(appends/2, appends)
	reading.Wait()
	if n := s.OpenTransactions(); n > 0 {
		t.Errorf("open transactions: got %d, want none", n)
	}
	if err := same(h, all); err != nil {
		t.Error(err)
	}
	h.Release()
	closeStore(t, s)
}

// TestReaderOfClosed: a reader that is left behind when the store is closed gets an
// error.
func TestReaderOfClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	content := strings.Repeat("x", 1<<20)
	mustCreate(t, s, "s", text(content))
	s.Tidy()
	h := mustOpen(t, s, "s")
	sec := mustSection(t, h, 0, int64(len(content)))
	mustFirst(t, sec, 1)
	closeStore(t, s)
	if n, err := sec.R.Read(make([]byte, 10)); err == nil {
		t.Errorf("read behind the end of the store: got %d bytes, want an error", n)
	}
	sec.C.Close()
	h.Release()
	if open := descriptors(t, dir); len(open) > 0 {
		t.Errorf("files that are still open: got %q, want none", open)
	}
	if _, err := s.Open("s"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("open a stream of a closed store: got error %v, want %v", err, store.ErrClosed)
	}
}
