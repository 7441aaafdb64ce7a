package stream_test

import (
	"testing"
	"time"

	"github.com/weirstreams/weir/stream"
)

// chain makes the streams 0, 1 and 2, each a fork of the one before with one
// letter of its own.
func chain(t *testing.T, e *stream.Engine) {
	create(t, e, plain("0", text))
	put(t, e, "0", "A")
	create(t, e, forkOf("1", "0", 1, 0))
	put(t, e, "1", "B")
	create(t, e, forkOf("2", "1", 2, 0))
	put(t, e, "2", "C")
}

func TestDeletedSourceLivesForItsForks(t *testing.T) {
	e := newEngine(t, nil)
	chain(t, e)
	remove(t, e, "0")
	remove(t, e, "1")
	for _, name := range []string{"0", "1"} {
		wantGone(t, e, name)
	}
	put(t, e, "2", "D")
	wantContents(t, e, "2", "ABCD")
	remove(t, e, "2")
	for _, name := range []string{"0", "1", "2"} {
		wantState(t, e, name, stream.CodeNotFound)
		create(t, e, plain(name, json)) // the name is free
	}
}

// wantGone checks every way to ask for a stream that is only kept for its forks.
func wantGone(t *testing.T, e *stream.Engine, name string) {
	t.Helper()
	wantState(t, e, name, stream.CodeGone)
	_, err := e.Read(name, 0, false)
	wantCode(t, "read", err, stream.CodeGone)
	_, err = e.Append(&stream.AppendRequest{Name: name, Body: []byte("x"), ContentType: text})
	wantCode(t, "append", err, stream.CodeGone)
	wantCode(t, "delete", e.Delete(name), stream.CodeGone)
	_, _, err = e.Create(plain(name, text))
	wantCode(t, "create", err, stream.CodeExists)
	_, _, err = e.Create(forkOf("never", name, 0, 0))
	wantCode(t, "fork", err, stream.CodeSourceGone)
}

func TestMiddleOfChainDeleted(t *testing.T) {
	e := newEngine(t, nil)
	chain(t, e)
	remove(t, e, "1")
	wantContents(t, e, "2", "ABC")
	wantContents(t, e, "0", "A")
	remove(t, e, "2")
	wantState(t, e, "1", stream.CodeNotFound)
	wantState(t, e, "0", "")
	remove(t, e, "0")
	wantState(t, e, "0", stream.CodeNotFound)
}

func TestSourceSurvivesItsForks(t *testing.T) {
	e := newEngine(t, nil)
	chain(t, e)
	create(t, e, forkOf("also", "0", 0, 1))
	remove(t, e, "2")
	remove(t, e, "1")
	remove(t, e, "also")
	wantContents(t, e, "0", "A")
}

// An expired source lives as a deleted one does, and nothing of its name can be
// had; when its last fork expires too, both go without anybody asking.
func TestExpiredSourceLivesForItsForks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		source := lasting("s", 2)
		source.Body = []byte("kept")
		create(t, e, source)
		fork := forkOf("f", "s", 4, 0)
		fork.TTL = 60
		create(t, e, fork)
		time.Sleep(2 * time.Second)
		wantGone(t, e, "s")
		time.Sleep(20 * time.Second) // also once the reaper has seen it
		wantGone(t, e, "s")
		wantContents(t, e, "f", "kept")
		time.Sleep(90 * time.Second)
		if got, _ := e.Stats(); got.Streams != 0 {
			t.Errorf("streams stored after all have expired: got %d, want 0", got.Streams)
		}
		create(t, e, plain("s", text))
	})
}

// A chain whose members expire goes from its end on, though it was not in memory.
func TestChainExpires(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		r := lasting("0", 100)
		r.Body = []byte("A")
		create(t, e, r)
		create(t, e, forkOf("1", "0", 1, 0))
		create(t, e, forkOf("2", "1", 1, 0))
		remove(t, e, "1")
		time.Sleep(95 * time.Second) // a source leaves after its forks
		if _, active := e.Stats(); active != 0 {
			t.Errorf("streams in memory: got %d, want 0", active)
		}
		wantContents(t, e, "2", "A")
		time.Sleep(5 * time.Second)
		wantGone(t, e, "0")
		wantContents(t, e, "2", "A")
		time.Sleep(200 * time.Second)
		if got, _ := e.Stats(); got.Streams != 0 {
			t.Errorf("streams stored: got %d, want 0", got.Streams)
		}
	})
}
