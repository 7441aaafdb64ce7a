package stream_test

import (
	"errors"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// TestProducerMachine goes through the state machine (section 5.2.1) from the
// state epoch 3, sequence 2.
func TestProducerMachine(t *testing.T) {
	tests := []struct {
		name       string
		id         string
		epoch, seq int64
		code       stream.Code
		duplicate  bool
		highest    int64 // the sequence number answered
	}{
		{"unknown, begins", "new", 0, 0, "", false, 0},
		{"unknown, begins later", "new", 7, 0, "", false, 0},
		{"unknown, gap", "new", 0, 1, stream.CodeProducerGap, false, 0},
		{"stale", "p", 2, 0, stream.CodeStaleEpoch, false, 0},
		{"stale, with the next number", "p", 2, 3, stream.CodeStaleEpoch, false, 0},
		{"new epoch", "p", 4, 0, "", false, 0},
		{"new epoch far ahead", "p", 1 << 50, 0, "", false, 0},
		{"new epoch that goes on", "p", 4, 3, stream.CodeInvalidProducer, false, 0},
		{"duplicate of the last", "p", 3, 2, "", true, 2},
		{"duplicate of the first", "p", 3, 0, "", true, 2},
		{"next", "p", 3, 3, "", false, 3},
		{"gap", "p", 3, 4, stream.CodeProducerGap, false, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t, nil)
			create(t, e, plain("s", text))
			for seq := range int64(3) {
				appendBy(t, e, "p", 3, seq)
			}
			r := say("x")
			r.Producer = &store.ProducerAppend{ID: test.id, Epoch: test.epoch, Seq: test.seq}
			res, err := e.Append(r)
			wantCode(t, "append", err, test.code)
			if err == nil && (res.Duplicate != test.duplicate || res.ProducerSeq != test.highest || res.Closed) {
				t.Errorf("got %+v, want duplicate %v with sequence %d", res, test.duplicate, test.highest)
			}
			want := "..."
			if err == nil && !test.duplicate {
				want = "...x"
			}
			wantContents(t, e, "s", want)
		})
	}
}

func appendBy(t *testing.T, e *stream.Engine, id string, epoch, seq int64) {
	t.Helper()
	r := say(".")
	r.Producer = &store.ProducerAppend{ID: id, Epoch: epoch, Seq: seq}
	if _, err := e.Append(r); err != nil {
		t.Fatalf("append %s %d/%d: %v", id, epoch, seq, err)
	}
}

func TestProducerRefusalsTellTheFacts(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	appendBy(t, e, "p", 3, 0)
	var refusal *stream.Error
	_, err := e.Append(by(0, "x"))
	if !errors.As(err, &refusal) || refusal.Epoch != 3 {
		t.Errorf("stale: got %+v, want epoch 3", refusal)
	}
	r := say("x")
	r.Producer = &store.ProducerAppend{ID: "p", Epoch: 3, Seq: 9}
	if _, err := e.Append(r); !errors.As(err, &refusal) || refusal.ExpectedSeq != 1 || refusal.ReceivedSeq != 9 {
		t.Errorf("gap: got %+v, want 1 expected and 9 received", refusal)
	}
	r.Producer = &store.ProducerAppend{ID: "new", Epoch: 3, Seq: 2}
	if _, err := e.Append(r); !errors.As(err, &refusal) || refusal.ExpectedSeq != 0 || refusal.ReceivedSeq != 2 {
		t.Errorf("first with a gap: got %+v, want 0 expected and 2 received", refusal)
	}
}

// TestClosedByProducer: only the very append that closed the stream is repeated
// with success.
func TestClosedByProducer(t *testing.T) {
	closing := func(id string, epoch, seq int64, body string) *stream.AppendRequest {
		r := say(body)
		r.Producer, r.Close = &store.ProducerAppend{ID: id, Epoch: epoch, Seq: seq}, true
		return r
	}
	for _, body := range []string{"", "last"} {
		e := newEngine(t, nil)
		create(t, e, plain("s", text))
		appendBy(t, e, "p", 1, 0)
		res, err := e.Append(closing("p", 1, 1, body))
		if err != nil || !res.Closed || res.Duplicate || res.ProducerSeq != 1 {
			t.Fatalf("close: got %+v, %v, want the stream closed by 1/1", res, err)
		}
		for _, again := range []string{"", "last", "other"} {
			res, err := e.Append(closing("p", 1, 1, again))
			if err != nil || !res.Duplicate || !res.Closed || int(res.Tail) != 1+len(body) || res.ProducerSeq != 1 {
				t.Errorf("again with %q: got %+v, %v, want a closed duplicate at %d", again, res, err, 1+len(body))
			}
		}
		for _, r := range []*stream.AppendRequest{
			closing("p", 1, 0, "x"), closing("p", 1, 2, ""), closing("p", 2, 0, ""), closing("p", 0, 1, ""),
			closing("q", 1, 1, ""), closing("q", 0, 0, "x"), say("x"),
		} {
			_, err := e.Append(r)
			var refusal *stream.Error
			if !errors.As(err, &refusal) || refusal.Code != stream.CodeClosed || int(refusal.Tail) != 1+len(body) {
				t.Errorf("%+v: got %v, want it refused as closed at %d", r.Producer, err, 1+len(body))
			}
		}
		if _, err := e.Append(&stream.AppendRequest{Name: "s", Close: true}); err != nil {
			t.Errorf("plain close of a closed stream: got %v, want none", err)
		}
		wantContents(t, e, "s", "."+body)
	}
}

// A duplicate that asks to close an open stream closes nothing.
func TestDuplicateDoesNotClose(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	appendBy(t, e, "p", 0, 0)
	r := by(0, "")
	r.Close = true
	if res, err := e.Append(r); err != nil || !res.Duplicate || res.Closed {
		t.Errorf("got %+v, %v, want a duplicate that leaves the stream open", res, err)
	}
	put(t, e, "s", "x")
}

// A plain close names no producer, so that no producer's close is its duplicate.
func TestPlainCloseIsNoProducers(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	appendBy(t, e, "p", 0, 0)
	closeStream(t, e, "s")
	r := by(0, "")
	r.Close = true
	_, err := e.Append(r)
	wantCode(t, "a producer's close of a stream that was closed without one", err, stream.CodeClosed)
}

func TestProducersAndStreamsAreIndependent(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	create(t, e, plain("t", text))
	appendBy(t, e, "p", 0, 0)
	appendBy(t, e, "q", 5, 0)
	create(t, e, forkOf("f", "s", 2, 0))
	for _, name := range []string{"t", "f"} {
		r := by(0, "x")
		r.Name = name
		if res, err := e.Append(r); err != nil || res.Duplicate {
			t.Errorf("first append to %s: got %+v, %v, want a new one", name, res, err)
		}
	}
}
