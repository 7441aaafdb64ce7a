package acidstore_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// TestFoldBesideAbortedChange: a batch that folds the journal has a change that
// must fail, as one before it did. What the journal has of that stream is not
// lost.
func TestFoldBesideAbortedChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, fs := openGrow(t, dir, 1)
	mustCreate(t, s, "a", store.Change{})
	mustCreate(t, s, "b", store.Change{})
	mustAppend(t, s, "a", "in the journal")
	a, b := mustOpen(t, s, "a"), mustOpen(t, s, "b")
	large := strings.Repeat("b", acidstore.MaxJournal)
	giveBack := s.SpendRoom()
	var behind, beside outcome
	var asked atomic.Bool
	fs.set(func(string, string) error {
		// The change that needs room is being committed. It fails when what is
		// staged now waits for the next transaction.
		if asked.CompareAndSwap(false, true) {
			behind, beside = stageChange(a, text("behind")), stageChange(b, text(large))
			giveBack()
			return syscall.ENOSPC
		}
		return nil
	})
	if err := <-stageChange(a, text("too much")); !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("append on a full disk: got error %v, want %v", err, store.ErrNoSpace)
	}
	if err := <-behind; !errors.Is(err, store.ErrAborted) {
		t.Errorf("append behind one that failed: got error %v, want %v", err, store.ErrAborted)
	}
	if err := <-beside; err != nil {
		t.Errorf("append to another stream: %v", err)
	}
	fs.unset()
	a.Reset()
	a.Release()
	b.Release()
	want := map[string]string{"a": "in the journal", "b": large}
	wantContent(t, s, want)
	s = crashed(t, s, dir, 1)
	wantContent(t, s, want)
	s.Tidy()
	s = crashed(t, s, dir, 1)
	wantContent(t, s, want)
	wantWhole(t, s)
	closeStore(t, s)
}

// TestWhatCannotBeFoldedIsRefused: a change that the tables have no room for in a
// key is refused when it is staged or committed; the journal does not take it
// first.
func TestWhatCannotBeFoldedIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	mustCreate(t, s, "a", text("1"))
	h := mustOpen(t, s, "a")
	huge := store.Change{Bytes: []byte("refused"), Producer: &store.ProducerAppend{ID: strings.Repeat("p", 40_000)}}
	if err := <-stageChange(h, huge); !errors.Is(err, store.ErrNotWritten) {
		t.Errorf("append by a producer with a huge name: got error %v, want %v", err, store.ErrNotWritten)
	}
	h.Reset()
	h.Release()
	mustAppend(t, s, "a", "2")
	want := map[string]string{"a": "12"}
	wantContent(t, s, want)
	s.Tidy()
	s = crashed(t, s, dir, 1)
	wantContent(t, s, want)
	closeStore(t, s)
}
