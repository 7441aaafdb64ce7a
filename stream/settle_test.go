package stream_test

import (
	"testing"
	"testing/synctest"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// answer is the outcome of an append that runs on its own.
type answer struct {
	res stream.AppendResult
	err error
}

// slowly returns an engine with one stream named s whose changes settle when the
// test says so. It is for use in a bubble.
func slowly(t *testing.T) (*slowStore, *stream.Engine) {
	st := newSlowStore()
	e := stream.New(st, nil)
	t.Cleanup(e.Close)
	create(t, e, plain("s", text))
	return st, e
}

// start runs an append and returns when it waits, or has answered.
func start(e *stream.Engine, r *stream.AppendRequest) chan answer {
	c := make(chan answer, 1)
	go func() {
		res, err := e.Append(r)
		c <- answer{res, err}
	}()
	synctest.Wait()
	return c
}

// wantWaiting fails the test when there is an answer already.
func wantWaiting(t *testing.T, what string, c chan answer) {
	t.Helper()
	synctest.Wait()
	select {
	case a := <-c:
		t.Fatalf("%s: got %+v, %v before the change has settled, want it to wait", what, a.res, a.err)
	default:
	}
}

// wantAnswer returns the answer, which must be there.
func wantAnswer(t *testing.T, what string, c chan answer) answer {
	t.Helper()
	synctest.Wait()
	select {
	case a := <-c:
		return a
	default:
		t.Fatalf("%s: got no answer, want one", what)
		return answer{}
	}
}

func say(body string) *stream.AppendRequest {
	return &stream.AppendRequest{Name: "s", Body: []byte(body), ContentType: text}
}

// by is an append of the producer p in its first epoch.
func by(seq int64, body string) *stream.AppendRequest {
	r := say(body)
	r.Producer = &store.ProducerAppend{ID: "p", Seq: seq}
	return r
}

func TestNothingVisibleBeforeItSettles(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		first, second := start(e, say("one ")), start(e, say("two"))
		wantWaiting(t, "first", first)
		wantContents(t, e, "s", "")
		if info, err := e.Head("s"); err != nil || info.Tail != 0 {
			t.Errorf("head: got tail %v, %v, want 0", info.Tail, err)
		}
		st.settle(nil)
		if a := wantAnswer(t, "first", first); a.err != nil || a.res.Tail != 4 {
			t.Errorf("first: got tail %v, %v, want 4", a.res.Tail, a.err)
		}
		wantWaiting(t, "second", second)
		wantContents(t, e, "s", "one ")
		st.settle(nil)
		if a := wantAnswer(t, "second", second); a.err != nil || a.res.Tail != 7 {
			t.Errorf("second: got tail %v, %v, want 7", a.res.Tail, a.err)
		}
		wantContents(t, e, "s", "one two")
	})
}

func TestDuplicateWaitsForTheFirst(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		first, again := start(e, by(0, "x")), start(e, by(0, "x"))
		wantWaiting(t, "duplicate", again)
		st.settle(nil)
		wantAnswer(t, "first", first)
		if a := wantAnswer(t, "duplicate", again); a.err != nil || !a.res.Duplicate || a.res.Tail != 1 {
			t.Errorf("duplicate: got %+v, %v, want a duplicate at 1", a.res, a.err)
		}
		wantContents(t, e, "s", "x")
	})
}

// TestDuplicateNamesTheTailOfItsInstant: what comes behind a duplicate is not in
// its answer, and what was staged before it is, even when all of it settles at
// once.
func TestDuplicateNamesTheTailOfItsInstant(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		first, second := start(e, by(0, "x")), start(e, say("yy"))
		again := start(e, by(0, "x"))
		behind := start(e, say("z"))
		for range 3 {
			st.settle(nil)
		}
		for what, c := range map[string]chan answer{"first": first, "second": second, "behind": behind} {
			if a := wantAnswer(t, what, c); a.err != nil {
				t.Errorf("%s: got %v, want it accepted", what, a.err)
			}
		}
		if a := wantAnswer(t, "duplicate", again); a.err != nil || !a.res.Duplicate || a.res.Tail != 3 {
			t.Errorf("duplicate: got %+v, %v, want a duplicate at 3", a.res, a.err)
		}
	})
}

func TestDuplicateFailsWithTheFirst(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		first, again := start(e, by(0, "x")), start(e, by(0, "x"))
		st.settle(store.ErrNotWritten)
		wantCode(t, "first", wantAnswer(t, "first", first).err, stream.CodeUnavailable)
		wantCode(t, "duplicate", wantAnswer(t, "duplicate", again).err, stream.CodeUnavailable)
	})
}

// The one who waits may run only after another append has begun anew on what had
// settled: that must not look like success to it.
func TestDuplicateFailsAlsoWhenOthersGoOn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		start(e, by(0, "x"))
		var again []chan answer
		for range 200 {
			again = append(again, start(e, by(0, "x")))
		}
		st.settle(store.ErrNotWritten)
		go e.Append(say("y"))
		synctest.Wait()
		st.settleAll()
		for _, c := range again {
			wantCode(t, "duplicate of what failed", wantAnswer(t, "duplicate", c).err, stream.CodeUnavailable)
		}
		wantContents(t, e, "s", "y")
	})
}

// A failed change is as if it had never been, for whatever the next request is.
func TestRetryAfterFailure(t *testing.T) {
	closing := by(0, "x")
	closing.Close = true
	sequenced := say("x")
	sequenced.Seq = "5"
	for name, r := range map[string]*stream.AppendRequest{
		"plain": say("x"), "producer": by(0, "x"), "sequence": sequenced, "producer's close": closing,
		"close": {Name: "s", Close: true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				st, e := slowly(t)
				first := start(e, r)
				st.settle(store.ErrNoSpace)
				wantCode(t, "first", wantAnswer(t, "first", first).err, stream.CodeNoSpace)
				again := start(e, r)
				wantWaiting(t, "retry", again)
				st.settleAll()
				a := wantAnswer(t, "retry", again)
				if a.err != nil || a.res.Duplicate || int(a.res.Tail) != len(r.Body) {
					t.Errorf("retry: got %+v, %v, want a new append with tail %d", a.res, a.err, len(r.Body))
				}
				wantContents(t, e, "s", string(r.Body))
			})
		})
	}
}

// What was staged is judged no more: a producer's next append must not slip
// through over the gap that the failure has left, nor a writer find the stream
// closed by a close that never was.
func TestJudgedWithoutWhatFailed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		start(e, by(0, "lost"))
		st.settle(store.ErrNotWritten)
		a := wantAnswer(t, "next", start(e, by(1, "next")))
		wantCode(t, "an append behind one that failed", a.err, stream.CodeProducerGap)

		start(e, &stream.AppendRequest{Name: "s", Close: true})
		st.settle(store.ErrNotWritten)
		after := start(e, say("open"))
		st.settleAll()
		wantCode(t, "an append after a close that failed", wantAnswer(t, "append", after).err, "")
		wantContents(t, e, "s", "open")
	})
}

func TestWhatIsStagedBehindAFailureFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		first, second := start(e, say("one")), start(e, say("two"))
		st.settle(store.ErrNoSpace)
		wantCode(t, "first", wantAnswer(t, "first", first).err, stream.CodeNoSpace)
		// The second is still on its way, so nothing may be built on it.
		meanwhile := wantAnswer(t, "third", start(e, say("three")))
		wantCode(t, "third", meanwhile.err, stream.CodeUnavailable)
		st.settle(nil)
		wantCode(t, "second", wantAnswer(t, "second", second).err, stream.CodeUnavailable)

		last := start(e, say("four"))
		st.settleAll()
		if a := wantAnswer(t, "fourth", last); a.err != nil || a.res.Tail != 4 {
			t.Errorf("fourth: got tail %v, %v, want 4", a.res.Tail, a.err)
		}
		wantContents(t, e, "s", "four")
	})
}

// A refusal rests on staged changes as much as a success does.
func TestRefusalWaitsForWhatItRestsOn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		start(e, &stream.AppendRequest{Name: "s", Close: true})
		refused := start(e, say("late"))
		wantWaiting(t, "append to a stream that is being closed", refused)
		st.settle(nil)
		wantCode(t, "append", wantAnswer(t, "append", refused).err, stream.CodeClosed)
	})
}
