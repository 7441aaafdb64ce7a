package stream_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// settleWhile settles what is staged, with the given outcomes and then well,
// until done is closed.
func settleWhile(st *slowStore, done chan struct{}, outcomes *[]error) {
	for {
		synctest.Wait()
		select {
		case <-done:
			return
		default:
		}
		var outcome error
		if len(*outcomes) > 0 {
			outcome, *outcomes = (*outcomes)[0], (*outcomes)[1:]
		}
		if st.waiting() > 0 {
			st.settle(outcome)
		}
	}
}

func storedEnd(t tb, st store.Store, name string) int64 {
	h, err := st.Open(name)
	if err != nil {
		t.Fatalf("open %s: %v", name, err)
	}
	defer h.Release()
	return h.Meta().Expires
}

// step is a pause, in percent of the window, and an access after it.
type step struct{ pause, access int }

// Whatever is done with a stream, and at whatever pace: what a crash would leave
// behind never ends before the exact window does, and the exact window is kept.
func TestLeaseIsNeverEarly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ttl := rapid.SampledFrom([]int64{1, 3, 30, 300}).Draw(rt, "ttl")
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{
				rapid.SampledFrom([]int{0, 1, 10, 90, 99}).Draw(t, "pause"),
				rapid.IntRange(0, len(accesses)-1).Draw(t, "access"),
			}
		}), 1, 30).Draw(rt, "steps")
		var wrong string
		synctest.Test(t, func(*testing.T) { wrong = walkLease(ttl, steps) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
	forgetPooled()
}

// walkLease returns what was wrong. It asks of each access only that it renews
// what it must; one that is refused because the stream is closed does not.
func walkLease(ttl int64, steps []step) string {
	st := memstore.New(nil)
	e := stream.New(st, nil)
	defer e.Close()
	if _, _, err := e.Create(lasting("s", ttl)); err != nil {
		return err.Error()
	}
	window, last := time.Duration(ttl)*time.Second, time.Now()
	for i, step := range steps {
		time.Sleep(time.Duration(step.pause) * window / 100)
		if !time.Now().Before(last.Add(window)) {
			return wantStateText(e, i, stream.CodeNotFound)
		}
		a := accesses[step.access]
		closed := codeOf(appendNothing(e)) == stream.CodeClosed
		a.access(e)
		if a.renews && !(closed && (a.name == "append" || a.name == "duplicate")) {
			last = time.Now()
		}
		if wrong := wantStateText(e, i, ""); wrong != "" {
			return wrong
		}
		h, err := st.Open("s")
		if err != nil {
			return err.Error()
		}
		if got, want := h.Meta().Expires, last.Add(window).UnixMilli(); got < want {
			return fmt.Sprintf("step %d: got a stored end %d ms before the exact one, want none", i, want-got)
		}
	}
	return ""
}

func wantStateText(e *stream.Engine, step int, want stream.Code) string {
	if got := state(e, "s"); got != want {
		return fmt.Sprintf("step %d: got state %q, want %q", step, got, want)
	}
	return ""
}

// appendNothing tells by its refusal whether the stream is closed.
func appendNothing(e *stream.Engine) error {
	_, err := e.Append(&stream.AppendRequest{Name: "s", Body: []byte("x"), ContentType: json})
	return err
}

// Reading is not to cost a stored change each time.
func TestRenewalsAreCoarse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st := memstore.New(nil)
		e := stream.New(st, nil)
		defer e.Close()
		create(t, e, lasting("s", 60))
		for range 600 {
			time.Sleep(100 * time.Millisecond)
			readOnce(e, 0, false)
		}
		if got := st.Stats().Commits; got > 10 {
			t.Errorf("changes stored for 600 reads in a minute: got %d, want at most 10", got)
		}
	})
}

// The lease of a stream with a live reader stays ahead without any access.
func TestLeaseOfLiveReader(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st := memstore.New(nil)
		e := stream.New(st, nil)
		defer e.Close()
		create(t, e, lasting("s", 2))
		r, err := e.Read("s", 0, true)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for range 100 {
			time.Sleep(300 * time.Millisecond)
			if left := storedEnd(t, st, "s") - time.Now().UnixMilli(); left < 2000 {
				t.Fatalf("life stored while a reader is there: got %d ms, want at least the window of 2000", left)
			}
		}
	})
}

// Only streams in use are in memory, and one that comes back has neither gained
// nor lost life.
func TestIdleStreamLeavesMemory(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		create(t, e, lasting("s", 100))
		create(t, e, plain("other", text))
		put(t, e, "s", "kept")
		time.Sleep(30 * time.Second)
		if _, active := e.Stats(); active != 0 {
			t.Fatalf("streams in memory after 30 s: got %d, want 0", active)
		}
		wantContents(t, e, "s", "kept") // renews
		time.Sleep(99_999 * time.Millisecond)
		wantState(t, e, "s", "")
		time.Sleep(time.Millisecond)
		wantState(t, e, "s", stream.CodeNotFound)
		wantContents(t, e, "other", "")
	})
}

// A reader, and a fork in memory, keep a stream in memory.
func TestUsedStreamStaysInMemory(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		create(t, e, plain("s", text))
		create(t, e, forkOf("f", "s", 0, 0))
		r, err := e.Read("f", 0, true)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, active := e.Stats(); active != 2 {
			t.Errorf("streams in memory: got %d, want the fork that is read and its source", active)
		}
		r.Close()
		time.Sleep(time.Minute)
		if _, active := e.Stats(); active != 0 {
			t.Errorf("streams in memory a minute later: got %d, want 0", active)
		}
	})
}

// A stream whose last change has failed must not come back unable to take any.
func TestFailedStreamComesBackWhole(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		start(e, say("lost"))
		st.settle(store.ErrNotWritten)
		time.Sleep(30 * time.Second)
		if _, active := e.Stats(); active != 0 {
			t.Fatalf("streams in memory after 30 s: got %d, want 0", active)
		}
		a := start(e, say("kept"))
		st.settleAll()
		wantCode(t, "append to the stream that came back", wantAnswer(t, "append", a).err, "")
		wantContents(t, e, "s", "kept")
	})
}
