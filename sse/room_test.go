package sse_test

import (
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/sse"
)

// newRooms returns rooms whose readers have no seats.
func newRooms() *sse.Rooms { return sse.NewRooms(sse.Options{}) }

// encodes returns what encodes a text as an event, with a given offset behind it.
func encodes(text string, next int64) func([]byte) ([]byte, string, error) {
	return func(dst []byte) ([]byte, string, error) {
		id := strconv.FormatInt(next, 10)
		return sse.AppendEvent(dst, sse.Text, id, []byte(text)), id, nil
	}
}

// Many that stand at the same place share one batch, which is encoded once.
func TestRoomEncodesOnce(t *testing.T) {
	room := newRooms().Enter(1)
	for place := range int64(50) {
		var encoded atomic.Int64
		var all sync.WaitGroup
		batches := make([]*sse.Batch, 32)
		for i := range batches {
			all.Go(func() {
				var err error
				batches[i], err = room.Batch(sse.Key{From: place, To: place + 1}, func(dst []byte) ([]byte, string, error) {
					encoded.Add(1)
					return encodes("text", place+1)(dst)
				})
				if err != nil {
					t.Errorf("batch: %v", err)
				}
			})
		}
		all.Wait()
		if got := encoded.Load(); got != 1 {
			t.Fatalf("place %d: got it encoded %d times, want once", place, got)
		}
		for _, b := range batches {
			if b != batches[0] || b.From != place {
				t.Fatalf("place %d: got a batch from %d, want the one batch of all", place, b.From)
			}
		}
	}
}

// Whatever differs in a key needs a batch of its own.
func TestRoomTellsKeysApart(t *testing.T) {
	base := sse.Key{From: 1, To: 2, Cursor: 3}
	for _, other := range []sse.Key{
		{From: 0, To: 2, Cursor: 3}, {From: 1, To: 3, Cursor: 3}, {From: 1, To: 2, Cursor: 4},
		{From: 1, To: 2, Cursor: 3, UpToDate: true}, {From: 1, To: 2, Cursor: 3, Closed: true},
	} {
		room := newRooms().Enter(1)
		frame := func(k sse.Key, text string) string {
			b, err := room.Batch(k, encodes(text, k.To))
			if err != nil {
				t.Fatal(err)
			}
			return string(b.Frame())
		}
		frame(base, "base")
		if got := frame(other, "other"); !strings.Contains(got, "other") {
			t.Errorf("frame for %+v: got %q, that of %+v", other, got, base)
		}
	}
}

// A failure is told to whoever asked, and does not stick.
func TestRoomForgetsFailures(t *testing.T) {
	room := newRooms().Enter(1)
	failure := errors.New("no bytes")
	k := sse.Key{To: 1}
	if _, err := room.Batch(k, func([]byte) ([]byte, string, error) { return nil, "", failure }); err != failure {
		t.Errorf("batch: got %v, want the failure", err)
	}
	b, err := room.Batch(k, encodes("text", 1))
	if err != nil || !strings.Contains(string(b.Frame()), "text") {
		t.Errorf("batch after a failure: got %v, want one", err)
	}
}

// A room is the same for all that are in it, is another for another stream, and is
// gone with the last.
func TestRoomsLastAsLongAsSomebodyIsIn(t *testing.T) {
	rooms := newRooms()
	first, second, other := rooms.Enter(1), rooms.Enter(1), rooms.Enter(2)
	if first != second || first == other {
		t.Fatal("rooms: got other ones for one stream, or one for two, want one each")
	}
	first.Batch(sse.Key{To: 1}, encodes("kept", 1))
	rooms.Leave(1)
	if third := rooms.Enter(1); third != first {
		t.Error("room that somebody is still in: got a new one")
	}
	rooms.Leave(1)
	rooms.Leave(1)
	b, err := rooms.Enter(1).Batch(sse.Key{To: 1}, encodes("new", 1))
	if err != nil || !strings.Contains(string(b.Frame()), "new") {
		t.Error("room that all had left: got its old batch, want a new room")
	}
	rooms.Leave(1)
	rooms.Leave(2)
}

func TestRoomsAtOnce(t *testing.T) {
	rooms := newRooms()
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for n := range 300 {
				id := uint64((i + n) % 5)
				k := sse.Key{From: int64(id), To: int64(n % 3)}
				want := fmt.Sprintf("data:%d-%d\n", id, n%3)
				b, err := rooms.Enter(id).Batch(k, encodes(fmt.Sprintf("%d-%d", id, n%3), k.To))
				if err != nil || !strings.Contains(string(b.Frame()), want) {
					t.Errorf("batch: got %q, %v, want %q", b.Frame(), err, want)
				}
				rooms.Leave(id)
			}
		})
	}
	all.Wait()
}

// Who has another cursor gets the same event, and a control event of its own. The
// batch itself does not change.
func TestBatchForAnotherCursor(t *testing.T) {
	for _, closed := range []bool{false, true} {
		k := sse.Key{From: 1, To: 9, UpToDate: true, Closed: closed, Cursor: 5}
		b, err := newRooms().Enter(1).Batch(k, encodes("text", 9))
		if err != nil {
			t.Fatal(err)
		}
		frame := func(cursor string) string {
			event := sse.AppendEvent(nil, sse.Text, "9", []byte("text"))
			return string(sse.AppendControl(event, sse.Control{Next: "9", Cursor: cursor, UpToDate: true, Closed: closed}))
		}
		var scratch []byte
		for cursor, want := range map[int64]string{5: frame("5"), 123456: frame("123456"), 7: frame("7")} {
			if got := string(b.FrameFor(cursor, &scratch)); got != want {
				t.Errorf("frame for cursor %d: got %q, want %q", cursor, got, want)
			}
		}
		if got := string(b.Frame()); got != frame("5") {
			t.Errorf("frame of the batch afterwards: got %q, want %q", got, frame("5"))
		}
	}
}

// Chunks of every length are read as the frames they carry.
func TestChunks(t *testing.T) {
	room := newRooms().Enter(1)
	var wire, want strings.Builder
	for _, n := range []int{0, 1, 15, 16, 255, 256, 4095, 4096, 70_000, 1 << 20} {
		b, err := room.Batch(sse.Key{To: int64(n), Cursor: 1}, encodes(strings.Repeat("x", n), int64(n)))
		if err != nil {
			t.Fatal(err)
		}
		for _, cursor := range []int64{1, 2} {
			var scratch []byte
			wire.Write(b.ChunkFor(cursor))
			want.Write(b.FrameFor(cursor, &scratch))
		}
	}
	wire.WriteString("0\r\n\r\n")
	got, err := io.ReadAll(httputil.NewChunkedReader(strings.NewReader(wire.String())))
	if err != nil || string(got) != want.String() {
		t.Errorf("chunks: got %d bytes, %v, want the %d of the frames", len(got), err, want.Len())
	}
}
