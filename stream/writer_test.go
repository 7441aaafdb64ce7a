package stream_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// owned is an append by the writer "sync:a", of messages as they are stored.
func owned(name, position, body string, hidden bool) *stream.AppendRequest {
	return &stream.AppendRequest{
		Name: name, Body: []byte(body), ContentType: json, Encoded: true,
		Writer: &stream.Writer{Owner: "sync:a", Position: position, Hidden: hidden},
	}
}

func TestWriterOwnsTheStream(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", json))
	create(t, e, plain("used", json))
	put(t, e, "used", "1")
	fading := plain("fading", json)
	fading.TTL = 1000
	create(t, e, fading)
	create(t, e, &stream.CreateRequest{Name: "fork", TTL: stream.NoTTL, Fork: &stream.ForkRequest{Source: "used"}})

	if _, err := e.Append(owned("s", "1", "1,", false)); err != nil {
		t.Fatalf("append by the first writer: %v", err)
	}
	other := owned("s", "2", "2,", false)
	other.Writer.Owner = "sync:b"
	for _, c := range []struct {
		what string
		req  *stream.AppendRequest
		want stream.Code
	}{
		{"append by anybody", &stream.AppendRequest{Name: "s", Body: []byte("2"), ContentType: json}, stream.CodeOwned},
		{"close by anybody", &stream.AppendRequest{Name: "s", Close: true}, stream.CodeOwned},
		{"append by another writer", other, stream.CodeOwned},
		{"append to what others have written", owned("used", "1", "1,", false), stream.CodeOwned},
		{"append to what expires", owned("fading", "1", "1,", false), stream.CodeOwned},
		{"append behind what others have written", owned("fork", "1", "1,", false), stream.CodeOwned},
		{"append by the owner", owned("s", "2", "2,", false), ""},
	} {
		_, err := e.Append(c.req)
		wantCode(t, c.what, err, c.want)
	}
	if got := contents(t, e, "s", 0); got != "1,2," {
		t.Errorf("contents: got %q, want %q", got, "1,2,")
	}
}

func TestWriterPositionNeverGoesBack(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", json))
	steps := []struct {
		position, note string
		duplicate      bool
	}{
		{"2", "", false}, {"2", "", true}, {"1", "n", true}, {"2", "n", false}, {"2", "n", true}, {"3", "", false},
	}
	for i, step := range steps {
		req := owned("s", step.position, "1,", false)
		req.Writer.Note = step.note
		res, err := e.Append(req)
		if err != nil || res.Duplicate != step.duplicate {
			t.Errorf("step %d: got duplicate %v, %v, want %v", i, res.Duplicate, err, step.duplicate)
		}
	}
}

// TestWriterIsNotHeldToTheLimit: a stream that belongs to a writer is as large as
// what the writer copies.
func TestWriterIsNotHeldToTheLimit(t *testing.T) {
	e := newEngine(t, &stream.Options{MaxStreamBytes: 2})
	create(t, e, plain("s", json))
	_, err := e.Append(owned("s", "1", "1,2,3,", false))
	wantCode(t, "append beyond the limit", err, "")
}

func TestClaimedStreamsAreNotDeleted(t *testing.T) {
	e := newEngine(t, nil)
	for _, name := range []string{"s", "r"} {
		create(t, e, plain(name, json))
		if _, err := e.Append(owned(name, "1", "1,", false)); err != nil {
			t.Fatalf("append to %s: %v", name, err)
		}
	}
	create(t, e, plain("nobody's", json))
	release := e.Claim("sync:a")
	wantCode(t, "delete by anybody", e.Delete("s"), stream.CodeOwned)
	wantCode(t, "delete by another owner", e.DeleteOwned("s", "sync:b"), stream.CodeOwned)
	wantCode(t, "delete by the owner", e.DeleteOwned("s", "sync:a"), "")
	release()
	wantCode(t, "delete by another owner when the first is gone", e.DeleteOwned("r", "sync:b"), stream.CodeOwned)
	wantCode(t, "delete when the owner is gone", e.Delete("r"), "")
	wantCode(t, "delete by an owner of what is nobody's", e.DeleteOwned("nobody's", "sync:a"), stream.CodeOwned)
}

// TestListingHidesToo: the listing describes what readers see, in memory or not.
func TestListingHidesToo(t *testing.T) {
	st := memstore.New(nil)
	e := stream.New(st, nil)
	create(t, e, plain("s", json))
	for i, hidden := range []bool{false, true} {
		if _, err := e.Append(owned("s", fmt.Sprint(i), "1,", hidden)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		l, _, err := e.List("", "", 10)
		if err != nil || len(l) != 1 || l[0].Tail != 2 {
			t.Errorf("listing: got %+v, %v, want the tail at 2", l, err)
		}
		e.Close()
		e = stream.New(st, nil)
	}
	e.Close()
}

// TestHiddenLaw: whatever a writer appends, readers see it up to the last append
// that was not hidden, and a restart changes nothing.
func TestHiddenLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := memstore.New(nil)
		e := stream.New(st, nil)
		defer func() { e.Close() }()
		create(t, e, plain("s", json))
		var all strings.Builder
		shown, position, hidden := "", 0, false
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"append", "hidden", "show", "again", "other", "restart"}), 1, 30).Draw(t, "steps")
		for _, step := range steps {
			switch step {
			case "append", "hidden":
				position++
				body := strings.Repeat(fmt.Sprint(position)+",", rapid.IntRange(1, 3).Draw(t, "messages"))
				hidden = step == "hidden"
				if _, err := e.Append(owned("s", fmt.Sprintf("%03d", position), body, hidden)); err != nil {
					t.Fatalf("%s: %v", step, err)
				}
				all.WriteString(body)
			case "show":
				hidden = false
				if _, err := e.Append(owned("s", fmt.Sprintf("%03d", position), "", false)); err != nil {
					t.Fatalf("show: %v", err)
				}
			case "again":
				res, err := e.Append(owned("s", fmt.Sprintf("%03d", position-1), "9,", false))
				if err != nil || !res.Duplicate && position > 0 && all.Len() > 0 {
					t.Fatalf("append of an earlier position: got %+v, %v, want a duplicate", res, err)
				}
				if !res.Duplicate {
					t.Skip("the first append has no earlier position")
				}
			case "other":
				_, err := e.Append(&stream.AppendRequest{Name: "s", Body: []byte("8"), ContentType: json})
				if all.Len() > 0 {
					wantCode(t, "append by anybody", err, stream.CodeOwned)
				} else if err == nil {
					t.Skip("it belongs to nobody yet")
				}
			case "restart":
				e.Close()
				e = stream.New(st, nil)
			}
			if !hidden {
				shown = all.String()
			}
			if got := contents(t, e, "s", 0); got != shown {
				t.Fatalf("after %s: readers see %q, want %q", step, got, shown)
			}
			w, err := e.Writer("s")
			if err != nil || int(w.Tail) != all.Len() || int(w.Shown) != len(shown) || w.Hidden != hidden {
				t.Fatalf("after %s: got writer %+v, %v, want tail %d, shown %d", step, w, err, all.Len(), len(shown))
			}
		}
	})
}

// TestHiddenBytesThatFail: what was hidden and then failed is neither shown nor
// counted.
func TestHiddenBytesThatFail(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st := newSlowStore()
		e := stream.New(st, nil)
		t.Cleanup(e.Close)
		create(t, e, plain("s", json))
		first := start(e, owned("s", "1", "1,", true))
		second := start(e, owned("s", "2", "2,", true))
		st.settle(nil)
		wantAnswer(t, "hidden append", first)
		st.settle(store.ErrNotWritten)
		if a := wantAnswer(t, "failed append", second); a.err == nil {
			t.Error("failed append: got success")
		}
		third := start(e, owned("s", "2", "3,", false))
		st.settle(nil)
		if a := wantAnswer(t, "append after the failure", third); a.err != nil || a.res.Duplicate {
			t.Errorf("append after the failure: got %+v, %v", a.res, a.err)
		}
		if got := contents(t, e, "s", 0); got != "1,3," {
			t.Errorf("contents: got %q, want %q", got, "1,3,")
		}
	})
}
