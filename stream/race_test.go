package stream_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// The last message and the end come in one step, so a reader that waits sees
// both, whenever it began.
func TestCloseNeverHidesTheLastMessage(t *testing.T) {
	onEveryTier(t, func(t *testing.T, e *stream.Engine) {
		for round := range 150 {
			name := fmt.Sprint("s", round)
			create(t, e, plain(name, text))
			var readers sync.WaitGroup
			for range 3 {
				readers.Go(func() {
					if got := follow(t, e, name); got != "last words" {
						t.Errorf("round %d: got %q before the end, want the last words", round, got)
					}
				})
			}
			if _, err := e.Append(&stream.AppendRequest{Name: name, Body: []byte("last words"), ContentType: text, Close: true}); err != nil {
				t.Error(err)
			}
			readers.Wait()
		}
	})
}

// Of many that append and close at once one does, and the answer names its own
// end.
func TestOneCloseWins(t *testing.T) {
	onEveryTier(t, func(t *testing.T, e *stream.Engine) {
		for round := range 30 {
			name := fmt.Sprint("s", round)
			create(t, e, plain(name, text))
			var all sync.WaitGroup
			won := make(chan string, 8)
			for w := range 8 {
				all.Go(func() {
					r := &stream.AppendRequest{Name: name, Body: []byte(entry(w, 0)), ContentType: text, Close: w%2 == 0}
					res, err := e.Append(r)
					if err == nil && res.Closed {
						won <- contents(t, e, name, 0)[:res.Tail]
					} else if err != nil && codeOf(err) != stream.CodeClosed {
						t.Errorf("append: got %v, want success or a closed stream", err)
					}
				})
			}
			all.Wait()
			if len(won) != 1 {
				t.Fatalf("round %d: got %d that closed the stream, want 1", round, len(won))
			}
			wantContents(t, e, name, <-won)
		}
	})
}

// Once a deletion is acknowledged no append to what it deleted succeeds, and
// none leaks into the next stream of that name.
func TestDeletionIsAFence(t *testing.T) {
	onEveryTier(t, func(t *testing.T, e *stream.Engine) {
		for round := range 60 {
			create(t, e, plain("s", text))
			fence := make(chan struct{})
			var writers sync.WaitGroup
			for range 4 {
				writers.Go(func() {
					for {
						behind := false
						select {
						case <-fence:
							behind = true
						default:
						}
						_, err := e.Append(say("old"))
						if behind && err == nil {
							t.Errorf("round %d: got an append acknowledged after the deletion was", round)
						}
						if err != nil {
							wantCode(t, "append", err, stream.CodeNotFound)
							return
						}
					}
				})
			}
			remove(t, e, "s")
			close(fence)
			writers.Wait()
			create(t, e, plain("s", text))
			put(t, e, "s", "new")
			wantContents(t, e, "s", "new")
			remove(t, e, "s")
		}
		if got, _ := e.Stats(); got.Streams != 0 {
			t.Errorf("streams stored: got %d, want 0", got.Streams)
		}
	})
}

// Creating, forking, reading and deleting at once leaves nothing behind that
// could not be deleted.
func TestForksComeAndGo(t *testing.T) {
	onEveryTier(t, func(t *testing.T, e *stream.Engine) {
		var all sync.WaitGroup
		for w := range 6 {
			all.Go(func() {
				fork := fmt.Sprint("fork", w)
				for range 25 {
					source := lasting("s", 1000)
					source.Body = []byte("base")
					e.Create(source)
					r := plain(fork, "")
					r.Fork = &stream.ForkRequest{Source: "s"}
					if _, _, err := e.Create(r); err == nil {
						wantContents(t, e, fork, "base")
						readOnce(e, 0, true)
						e.Delete("s")
						wantContents(t, e, fork, "base")
						remove(t, e, fork)
					}
					e.Delete("s")
				}
			})
		}
		all.Wait()
		e.Delete("s")
		if got, _ := e.Stats(); got.Streams != 0 {
			t.Errorf("streams stored after all were deleted: got %d, want 0", got.Streams)
		}
	})
}

// A failed deletion leaves the stream as it was; one that settles slowly lets
// nothing pass it.
func TestAppendsWaitForADeletion(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		deleted := make(chan error, 1)
		go func() { deleted <- e.Delete("s") }()
		synctest.Wait()
		c := start(e, say("x"))
		wantWaiting(t, "append behind a deletion", c)
		st.settle(store.ErrNotWritten)
		wantCode(t, "deletion", <-deleted, stream.CodeUnavailable)
		wantWaiting(t, "append to the stream that stays", c)
		st.settleAll()
		wantCode(t, "append", wantAnswer(t, "append", c).err, "")
		wantContents(t, e, "s", "x")

		go func() { deleted <- e.Delete("s") }()
		synctest.Wait()
		c = start(e, say("y"))
		st.settle(nil)
		if err := <-deleted; err != nil {
			t.Errorf("delete: %v", err)
		}
		wantCode(t, "append behind the deletion", wantAnswer(t, "append", c).err, stream.CodeNotFound)
	})
}
