package stream_test

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// TestReadOwnedSeesAll: the writer reads what it has hidden, over many pages, from
// wherever it wants.
func TestReadOwnedSeesAll(t *testing.T) {
	e := newEngine(t, &stream.Options{PageBytes: 7})
	create(t, e, plain("s", json))
	all := ""
	for i := range 20 {
		body := fmt.Sprintf("%02d,", i)
		if _, err := e.Append(owned("s", fmt.Sprintf("%02d", i), body, i >= 10)); err != nil {
			t.Fatal(err)
		}
		all += body
	}
	for _, from := range []int{0, 3, 27, 30, 60} {
		r, err := e.ReadOwned("s", "sync:a", stream.Offset(from))
		if err != nil {
			t.Fatalf("read from %d: %v", from, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != all[from:] {
			t.Errorf("read from %d: got %q, %v, want %q", from, got, err, all[from:])
		}
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if got, want := contents(t, e, "s", 0), all[:30]; got != want {
		t.Errorf("readers see %q, want %q", got, want)
	}
	_, err := e.ReadOwned("s", "sync:a", 63)
	wantCode(t, "read beyond the end", err, stream.CodeInvalidOffset)
	_, err = e.ReadOwned("s", "sync:b", 0)
	wantCode(t, "read by another", err, stream.CodeOwned)
	_, err = e.ReadOwned("none", "sync:a", 0)
	wantCode(t, "read of nothing", err, stream.CodeNotFound)
}

// TestOwnedLists: a listing of a writer's streams goes on behind those of others.
func TestOwnedLists(t *testing.T) {
	e := newEngine(t, nil)
	var want []string
	for i := range 30 {
		name := fmt.Sprintf("p/%02d", i)
		create(t, e, plain(name, json))
		if i%3 == 0 {
			if _, err := e.Append(owned(name, "1", "1,", false)); err != nil {
				t.Fatal(err)
			}
			want = append(want, name)
		}
	}
	create(t, e, plain("q", json))
	var got []string
	for after := ""; ; {
		names, err := e.Owned("sync:a", "p/", after, 4)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, names...)
		if len(names) < 4 {
			break
		}
		after = names[3]
	}
	if !slices.Equal(got, want) {
		t.Errorf("streams of the writer: got %q, want %q", got, want)
	}
}

// TestOwnedListsWhatIsStored: what nobody uses is listed all the same, and stays where
// it is.
func TestOwnedListsWhatIsStored(t *testing.T) {
	st := memstore.New(nil)
	e := stream.New(st, nil)
	for _, name := range []string{"a", "b"} {
		create(t, e, plain(name, json))
	}
	if _, err := e.Append(owned("b", "1", "1,", false)); err != nil {
		t.Fatal(err)
	}
	e.Close()
	e = stream.New(st, nil)
	defer e.Close()
	got, err := e.Owned("sync:a", "", "", 10)
	if err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("streams of the writer: got %q, %v, want b", got, err)
	}
	if _, active := e.Stats(); active != 0 {
		t.Errorf("streams in memory: got %d, want none", active)
	}
}
