package sse_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/sse"
)

// Many that stand at the same place share one frame, which is encoded once.
func TestRoomEncodesOnce(t *testing.T) {
	var room sse.Room
	for place := range int64(50) {
		var encoded atomic.Int64
		var all sync.WaitGroup
		frames := make([][]byte, 32)
		for i := range frames {
			all.Go(func() {
				var err error
				frames[i], err = room.Frame(sse.Key{From: place, To: place + 1}, func() ([]byte, error) {
					encoded.Add(1)
					return fmt.Append(nil, place), nil
				})
				if err != nil {
					t.Errorf("frame: %v", err)
				}
			})
		}
		all.Wait()
		if got := encoded.Load(); got != 1 {
			t.Fatalf("place %d: got it encoded %d times, want once", place, got)
		}
		for _, f := range frames {
			if &f[0] != &frames[0][0] || !bytes.Equal(f, fmt.Append(nil, place)) {
				t.Fatalf("place %d: got %q, want the one frame of all", place, f)
			}
		}
	}
}

// Whatever differs in a key needs a frame of its own.
func TestRoomTellsKeysApart(t *testing.T) {
	base := sse.Key{From: 1, To: 2, Cursor: 3}
	for _, other := range []sse.Key{
		{From: 0, To: 2, Cursor: 3}, {From: 1, To: 3, Cursor: 3}, {From: 1, To: 2, Cursor: 4},
		{From: 1, To: 2, Cursor: 3, UpToDate: true}, {From: 1, To: 2, Cursor: 3, Closed: true},
	} {
		var room sse.Room
		frame := func(k sse.Key, text string) string {
			b, err := room.Frame(k, func() ([]byte, error) { return []byte(text), nil })
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		frame(base, "base")
		if got := frame(other, "other"); got != "other" {
			t.Errorf("frame for %+v: got that of %+v", other, base)
		}
	}
}

// A failure is told to whoever asked, and does not stick.
func TestRoomForgetsFailures(t *testing.T) {
	var room sse.Room
	failure := errors.New("no bytes")
	k := sse.Key{To: 1}
	if _, err := room.Frame(k, func() ([]byte, error) { return nil, failure }); err != failure {
		t.Errorf("frame: got %v, want the failure", err)
	}
	b, err := room.Frame(k, func() ([]byte, error) { return []byte("frame"), nil })
	if err != nil || string(b) != "frame" {
		t.Errorf("frame after a failure: got %q, %v, want one", b, err)
	}
}

// A room is the same for all that are in it, is another for another stream, and
// is gone with the last.
func TestRoomsLastAsLongAsSomebodyIsIn(t *testing.T) {
	var rooms sse.Rooms
	first, second, other := rooms.Enter(1), rooms.Enter(1), rooms.Enter(2)
	if first != second || first == other {
		t.Fatal("rooms: got other ones for one stream, or one for two, want one each")
	}
	keep := func() ([]byte, error) { return []byte("kept"), nil }
	first.Frame(sse.Key{To: 1}, keep)
	rooms.Leave(1)
	if third := rooms.Enter(1); third != first {
		t.Error("room that somebody is still in: got a new one")
	}
	rooms.Leave(1)
	rooms.Leave(1)
	made := false
	rooms.Enter(1).Frame(sse.Key{To: 1}, func() ([]byte, error) { made = true; return []byte("new"), nil })
	if !made {
		t.Error("room that all had left: got its old frame, want a new room")
	}
	rooms.Leave(1)
	rooms.Leave(2)
}

func TestRoomsAtOnce(t *testing.T) {
	var rooms sse.Rooms
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for n := range 300 {
				id := uint64((i + n) % 5)
				room := rooms.Enter(id)
				k := sse.Key{From: int64(id), To: int64(n % 3)}
				want := fmt.Sprint(id, n%3)
				if b, err := room.Frame(k, func() ([]byte, error) { return []byte(want), nil }); err != nil || string(b) != want {
					t.Errorf("frame: got %q, %v, want %q", b, err, want)
				}
				rooms.Leave(id)
			}
		})
	}
	all.Wait()
}
