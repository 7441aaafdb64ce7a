package stream_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

func TestBatchCreatesAndAppends(t *testing.T) {
	e := newEngine(t, nil)
	const streams = 100
	for round := range 3 {
		b := e.NewBatch()
		for i := range streams {
			req := owned(fmt.Sprint("s", i), fmt.Sprint(round), fmt.Sprint(round, ","), round == 2)
			if err := b.Append(req, true); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		if err := b.Wait(); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	b := e.NewBatch()
	for i := range streams {
		if err := b.Append(owned(fmt.Sprint("s", i), "0", "9,", false), true); err != nil {
			t.Fatalf("append of an earlier position: %v", err)
		}
	}
	if err := b.Wait(); err != nil {
		t.Fatalf("appends of an earlier position: %v", err)
	}
	for i := range streams {
		if got, want := contents(t, e, fmt.Sprint("s", i), 0), "0,1,"; got != want {
			t.Fatalf("stream %d: got %q, want %q", i, got, want)
		}
	}
	if n := e.Counts().Appends; n != 3*streams {
		t.Errorf("appends counted: got %d, want %d", n, 3*streams)
	}
}

func TestBatchRefuses(t *testing.T) {
	e := newEngine(t, &stream.Options{MaxStreams: 3})
	create(t, e, plain("text", text))
	create(t, e, plain("used", json))
	put(t, e, "used", "1")
	for _, c := range []struct {
		what, name string
		create     bool
		want       stream.Code
	}{
		{"a stream that is not there", "new", false, stream.CodeNotFound},
		{"a stream of another type", "text", true, stream.CodeTypeMismatch},
		{"a stream of others", "used", true, stream.CodeOwned},
		{"a new stream", "new", true, ""},
		{"one stream too many", "newer", true, stream.CodeTooManyStreams},
	} {
		b := e.NewBatch()
		err := b.Append(owned(c.name, "1", "1,", false), c.create)
		wantCode(t, c.what, err, c.want)
		if err := b.Wait(); err != nil {
			t.Errorf("%s: wait: %v", c.what, err)
		}
	}
}

// TestBatchReplacesWhatHasExpired: a name whose stream has expired is free.
func TestBatchReplacesWhatHasExpired(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		fading := plain("s", json)
		fading.TTL = 1
		create(t, e, fading)
		time.Sleep(1100 * time.Millisecond) // before the reaper comes
		b := e.NewBatch()
		if err := b.Append(owned("s", "1", "1,", false), true); err != nil {
			t.Fatal(err)
		}
		if err := b.Wait(); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, e, "s", 0); got != "1," {
			t.Errorf("contents: got %q, want %q", got, "1,")
		}
	})
}

// failingCreates is a tier that stages new streams and then loses them.
type failingCreates struct{ store.Store }

func (failingCreates) Create(string, store.Config, *store.Change, store.Completion) (store.Handle, bool, error) {
	return nil, false, store.ErrNoSpace
}

func TestBatchThatCannotCreate(t *testing.T) {
	e := stream.New(failingCreates{memstore.New(nil)}, nil)
	t.Cleanup(e.Close)
	b := e.NewBatch()
	wantCode(t, "append", b.Append(owned("s", "1", "1,", false), true), stream.CodeNoSpace)
	if err := b.Wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
	_, err := e.Head("s")
	wantCode(t, "head of what was not created", err, stream.CodeNotFound)
}
