package stream_test

import (
	"math"
	"testing"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// lasting is a request for a stream with a sliding window.
func lasting(name string, seconds int64) *stream.CreateRequest {
	r := plain(name, text)
	r.TTL = seconds
	return r
}

// until is a request for a stream with a fixed end.
func until(name string, end time.Time) *stream.CreateRequest {
	r := plain(name, text)
	r.ExpiresAt = end.Format(time.RFC3339Nano)
	return r
}

func TestTTLIsExact(t *testing.T) {
	tests := []struct {
		ttl   int64
		after time.Duration
		want  stream.Code
	}{
		{0, 0, stream.CodeNotFound},
		{1, 999 * time.Millisecond, ""},
		{1, time.Second, stream.CodeNotFound},
		{60, 59_999 * time.Millisecond, ""},
		{60, time.Minute, stream.CodeNotFound},
		{9_223_372_037, time.Minute, ""}, // more nanoseconds than an int64 counts
		{math.MaxInt64 / 1000, time.Minute, ""},
		{math.MaxInt64/1000 + 1, time.Minute, ""},
		{math.MaxInt64, time.Minute, ""},
	}
	for _, test := range tests {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, nil)
			create(t, e, lasting("s", test.ttl))
			time.Sleep(test.after)
			if got := state(e, "s"); got != test.want {
				t.Errorf("TTL %d after %v: got %q, want %q", test.ttl, test.after, got, test.want)
			}
		})
	}
}

func TestFixedEndDoesNotMove(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		create(t, e, until("s", time.Now().Add(1500*time.Millisecond)))
		create(t, e, until("past", time.Unix(-5, 0)))
		create(t, e, until("epoch", time.Unix(0, 0)))
		create(t, e, until("far", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)))
		wantState(t, e, "past", stream.CodeNotFound)
		wantState(t, e, "epoch", stream.CodeNotFound)
		time.Sleep(1499 * time.Millisecond)
		put(t, e, "s", "x")
		contents(t, e, "s", 0)
		time.Sleep(time.Millisecond)
		wantState(t, e, "s", stream.CodeNotFound)
		wantState(t, e, "far", "")
	})
}

// Every kind of access, and whether it renews a sliding window.
var accesses = []struct {
	name   string
	renews bool
	access func(e *stream.Engine)
}{
	{"head", false, func(e *stream.Engine) { e.Head("s") }},
	{"catch-up", true, func(e *stream.Engine) { readOnce(e, 0, false) }},
	{"catch-up at now", true, func(e *stream.Engine) { readOnce(e, stream.Tail, false) }},
	{"live", true, func(e *stream.Engine) { readOnce(e, stream.Tail, true) }},
	{"append", true, func(e *stream.Engine) { e.Append(say("x")) }},
	{"duplicate", true, func(e *stream.Engine) { e.Append(by(0, "x")) }},
	{"close", true, func(e *stream.Engine) { e.Append(&stream.AppendRequest{Name: "s", Close: true}) }},
	{"wrong type", false, func(e *stream.Engine) {
		e.Append(&stream.AppendRequest{Name: "s", Body: []byte("x"), ContentType: json})
	}},
	{"gap", false, func(e *stream.Engine) { e.Append(by(7, "x")) }},
	{"empty", false, func(e *stream.Engine) { e.Append(say("")) }},
	{"bad offset", false, func(e *stream.Engine) { readOnce(e, 99, false) }},
}

func readOnce(e *stream.Engine, at stream.Position, live bool) {
	if r, err := e.Read("s", at, live); err == nil {
		r.Close()
	}
}

func TestWhatRenews(t *testing.T) {
	for _, a := range accesses {
		t.Run(a.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				e := newEngine(t, nil)
				create(t, e, lasting("s", 10))
				e.Append(by(0, "x"))
				time.Sleep(6 * time.Second)
				a.access(e)
				time.Sleep(6 * time.Second)
				if got := state(e, "s") == ""; got != a.renews {
					t.Errorf("alive 6 s after the access and 12 s after the creation: got %v, want %v", got, a.renews)
				}
				time.Sleep(4 * time.Second)
				wantState(t, e, "s", stream.CodeNotFound)
			})
		})
	}
}

func TestLiveReaderKeepsStreamAlive(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		create(t, e, lasting("s", 2))
		create(t, e, until("fixed", time.Now().Add(2*time.Second)))
		live, err := e.Read("s", 0, true)
		if err != nil {
			t.Fatal(err)
		}
		fixed, err := e.Read("fixed", 0, true)
		if err != nil {
			t.Fatal(err)
		}
		defer fixed.Close()
		time.Sleep(40 * time.Second)
		if _, err := live.Peek(); err != nil {
			t.Errorf("live read 40 s into a window of 2 s: got %v, want none", err)
		}
		_, err = fixed.Peek()
		wantCode(t, "live read behind a fixed end", err, stream.CodeNotFound)
		live.Close()
		time.Sleep(1999 * time.Millisecond)
		wantState(t, e, "s", "")
		time.Sleep(time.Millisecond)
		wantState(t, e, "s", stream.CodeNotFound)
	})
}

func TestReaperRemovesWhatNobodyAsksFor(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st := newSlowStore()
		e := stream.New(st.Store, nil)
		defer e.Close()
		for i := range 700 { // more than two batches
			create(t, e, lasting(string(rune('a'+i%26))+time.Duration(i).String(), 3))
		}
		create(t, e, plain("stays", text))
		time.Sleep(9 * time.Second) // what is stored has 5 s of slack
		if got, _ := e.Stats(); got.Streams != 1 {
			t.Errorf("streams stored 6 s after the end of 700 of 701: got %d, want 1", got.Streams)
		}
	})
}

func TestExpiredNameIsFree(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		r := lasting("s", 0)
		r.Body = []byte("old")
		create(t, e, r)
		again := plain("s", json)
		again.Closed = true
		info := create(t, e, again)
		if info.Tail != 0 || !info.Closed || info.ContentType != json {
			t.Errorf("got %+v, want an empty closed JSON stream", info)
		}
		wantContents(t, e, "s", "")
	})
}

// A renewal that the store has refused counts for nothing: the next one must be
// stored, or a crash would end the stream early.
func TestRenewalThatFailedIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st := newSlowStore()
		e := stream.New(st, nil)
		t.Cleanup(e.Close)
		create(t, e, lasting("s", 20))
		time.Sleep(15 * time.Second)
		outcomes := []error{store.ErrNotWritten, nil}
		for range 2 {
			read := make(chan struct{})
			go func() { readOnce(e, 0, false); close(read) }()
			settleWhile(st, read, &outcomes)
		}
		h, err := st.Open("s")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := h.Meta().Expires, time.Now().Add(20*time.Second).UnixMilli(); got < want {
			t.Errorf("stored end: got %d ms before the exact one, want none", want-got)
		}
	})
}
