package stream_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// list returns one listing whole.
func list(t tb, e *stream.Engine, prefix string) []stream.Listed {
	t.Helper()
	got, next, err := e.List(prefix, "", 1000)
	if err != nil || next != "" {
		t.Fatalf("list %q: got next %q, %v, want all at once", prefix, next, err)
	}
	return got
}

func listedNames(list []stream.Listed) []string {
	var names []string
	for _, l := range list {
		names = append(names, l.Name)
	}
	return names
}

func TestListDescribes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		start := time.Now()
		create(t, e, plain("rooms/a", text))
		put(t, e, "rooms/a", "hello")
		create(t, e, forkOf("rooms/b", "rooms/a", 2, 0))
		put(t, e, "rooms/b", "LLO!")
		closed := lasting("rooms/c", 60)
		closed.Closed = true
		info := create(t, e, closed)
		end := start.Add(90 * time.Minute)
		create(t, e, until("rooms/d", end))
		create(t, e, lasting("rooms/e", 1<<40))
		create(t, e, plain("other", text))

		got := list(t, e, "rooms/")
		if names := listedNames(got); !slices.Equal(names, []string{"rooms/a", "rooms/b", "rooms/c", "rooms/d", "rooms/e"}) {
			t.Fatalf("names: got %q, want those below rooms/, in order", names)
		}
		for i, want := range []struct {
			tail    stream.Offset
			bytes   int64
			closed  bool
			expires time.Time
		}{
			{5, 5, false, time.Time{}},
			{6, 4, false, time.Time{}},
			{0, 0, true, start.Add(time.Minute)},
			{0, 0, false, end},
			{0, 0, false, time.Time{}},
		} {
			if g := got[i]; g.Tail != want.tail || g.Bytes != want.bytes || g.Closed != want.closed || !g.Expires.Equal(want.expires) || g.ContentType != text || g.Damaged {
				t.Errorf("%s: got %+v, want %+v", g.Name, g, want)
			}
		}
		if got[2].ID != info.ID {
			t.Errorf("rooms/c: got id %d, want %d", got[2].ID, info.ID)
		}
	})
}

// Deleted and expired streams are not listed, in memory or not, kept for a fork or
// not.
func TestListLeavesOutTheDead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		for _, name := range []string{"gone", "kept", "alive"} {
			create(t, e, plain(name, text))
		}
		create(t, e, forkOf("fork", "kept", 0, 0))
		create(t, e, lasting("short", 2))
		create(t, e, lasting("source", 2))
		create(t, e, forkOf("heir", "source", 0, 0)) // lives as long
		for _, name := range []string{"gone", "kept"} {
			if err := e.Delete(name); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Second)
		for _, where := range []string{"in memory", "stored"} {
			if got := listedNames(list(t, e, "")); !slices.Equal(got, []string{"alive", "fork"}) {
				t.Errorf("%s: got %q, want the living", where, got)
			}
			time.Sleep(time.Minute)
		}
	})
}

// A stream that has left memory expires on time too, before anybody removes it.
func TestListKnowsWhatHasExpired(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		end := 100*time.Second + 300*time.Millisecond // the reaper comes later
		create(t, e, until("s", time.Now().Add(end)))
		time.Sleep(end - time.Millisecond)
		if got := list(t, e, ""); len(got) != 1 {
			t.Errorf("before its end: got %+v, want it listed", got)
		}
		time.Sleep(time.Millisecond)
		if got := list(t, e, ""); len(got) != 0 {
			t.Errorf("at its end: got %+v, want none", got)
		}
	})
}

// A listing renews nothing, and the streams leave memory as if it had not been.
func TestListIsNoAccess(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		create(t, e, lasting("sliding", 600))
		create(t, e, plain("plain", text))
		end := list(t, e, "sliding")[0].Expires
		for range 60 {
			time.Sleep(time.Second)
			if got := list(t, e, "sliding")[0].Expires; !got.Equal(end) {
				t.Fatalf("sliding: got %v for its end after a listing, want %v still", got, end)
			}
		}
		if _, active := e.Stats(); active != 0 {
			t.Errorf("after a minute of listings: got %d streams in memory, want none", active)
		}
		if got := list(t, e, ""); len(got) != 2 {
			t.Errorf("stored: got %+v, want both", got)
		}
		if _, active := e.Stats(); active != 0 {
			t.Errorf("after a listing of what is stored: got %d streams in memory, want none", active)
		}
	})
}

// What a live reader keeps alive does not end while it is read.
func TestListShowsALiveReadersWindow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		create(t, e, lasting("s", 10))
		rd, err := e.Read("s", stream.Tail, true)
		if err != nil {
			t.Fatal(err)
		}
		defer rd.Close()
		time.Sleep(time.Minute)
		got := list(t, e, "s")
		if want := time.Now().Add(10 * time.Second); len(got) != 1 || !got[0].Expires.Equal(want) {
			t.Errorf("s: got %+v, want it alive until %v", got, want)
		}
	})
}

// Pages of any size, put together, are every living stream once and in order,
// whether it is in memory or not.
func TestListPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := memstore.New(nil)
		e := stream.New(st, nil)
		defer func() { e.Close() }()
		names := rapid.SliceOfDistinct(rapid.StringMatching(`[ab/]{1,4}`), rapid.ID).Draw(t, "names")
		prefix := rapid.SampledFrom([]string{"", "a", "b/", "zz"}).Draw(t, "prefix")
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		var want []string
		for i, name := range names {
			create(t, e, plain(name, text))
			if i%3 == 0 { // not to be listed
				if err := e.Delete(name); err != nil {
					t.Fatal(err)
				}
			} else if strings.HasPrefix(name, prefix) {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		if rapid.Bool().Draw(t, "stored") {
			e.Close()
			e = stream.New(st, nil)
		}
		if got := pages(t, e, prefix, limit); !slices.Equal(got, want) {
			t.Errorf("pages of %d with prefix %q: got %q, want %q", limit, prefix, got, want)
		}
	})
}

// pages lists page by page.
func pages(t *rapid.T, e *stream.Engine, prefix string, limit int) (names []string) {
	for after := ""; ; {
		page, next, err := e.List(prefix, after, limit)
		if err != nil || len(page) > limit || next != "" && next <= after {
			t.Fatalf("page after %q: got %d streams, next %q, %v, want at most %d and progress", after, len(page), next, err, limit)
		}
		names = append(names, listedNames(page)...)
		if after = next; after == "" {
			return names
		}
	}
}

// opened is a store in which some names cannot be opened.
type opened struct {
	store.Store
	fail map[string]error
}

func (s opened) Open(name string) (store.Handle, error) {
	if err := s.fail[name]; err != nil {
		return nil, err
	}
	return s.Store.Open(name)
}

// One damaged stream must not hide the others; a store that is closed ends the
// listing.
func TestListMeetsErrors(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st := opened{memstore.New(nil), make(map[string]error)}
		e := stream.New(st, nil)
		defer e.Close()
		for i := range 3 {
			create(t, e, plain(fmt.Sprint(i), text))
		}
		time.Sleep(time.Minute)
		st.fail["1"] = &store.CorruptionError{File: "catalogue", Stream: "1", Reason: "a test"}
		got := list(t, e, "")
		if len(got) != 3 || got[0].Damaged || !got[1].Damaged || got[1].Name != "1" || got[2].Damaged {
			t.Errorf("with 1 damaged: got %+v, want all three, and that of 1", got)
		}
		st.fail["2"] = store.ErrClosed
		_, _, err := e.List("", "", 3)
		wantCode(t, "closed store", err, stream.CodeUnavailable)
		st.fail["2"] = store.ErrNotFound // deleted since its name was found
		if got := listedNames(list(t, e, "")); !slices.Equal(got, []string{"0", "1"}) {
			t.Errorf("with 2 deleted meanwhile: got %q, want the others", got)
		}
		st.fail["0"] = errors.New("broken")
		if _, _, err := e.List("", "", 3); err == nil {
			t.Error("with an unknown failure: got no error, want one")
		}
	})
}

// What is listed agrees over a new start of a tier on disk.
func TestListAfterANewStart(t *testing.T) {
	dir := t.TempDir()
	var before []stream.Listed
	for range 2 {
		st, err := filestore.Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := stream.New(st, nil)
		if before == nil {
			create(t, e, plain("a", text))
			put(t, e, "a", "hello")
			create(t, e, forkOf("b", "a", 3, 0))
			create(t, e, until("c", time.Now().Add(time.Hour)))
			before = list(t, e, "")
		}
		if got := list(t, e, ""); !slices.Equal(got, before) || len(got) != 3 {
			t.Errorf("got %+v, want %+v", got, before)
		}
		e.Close()
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
