package sink_test

import (
	"errors"
	"testing"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// TestCloseStream: a stream that is closed stays as it is, until something new is
// appended to it, which begins another one.
func TestCloseStream(t *testing.T) {
	e := stream.New(memstore.New(nil), nil)
	defer e.Close()
	s := sink.NewLocal(e, "p")
	defer s.Close()
	write := func(a sink.Append) {
		t.Helper()
		b := s.NewBatch()
		if err := errors.Join(b.Append(&a), b.Wait()); err != nil {
			t.Fatal(err)
		}
	}
	ids := make(map[uint64]bool)
	wants := func(closed bool, want sink.State) {
		t.Helper()
		got, err := s.State(t.Context(), "s")
		ids[got.ID], got.ID = true, 0
		if err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
		if info, err := e.Head("s"); err != nil || info.Closed != closed {
			t.Fatalf("got closed %v, %v, want %v", info.Closed, err, closed)
		}
	}
	if err := s.CloseStream(t.Context(), "s"); err != nil {
		t.Fatalf("close of a stream that is not there: %v", err)
	}
	first := sink.Append{Stream: "s", Data: []byte("1,2,"), Position: "5", Note: "n"}
	write(first)
	for range 2 {
		if err := s.CloseStream(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		wants(true, sink.State{Exists: true, Position: "5", Note: "n", Tail: 4})
	}
	write(first)
	write(sink.Append{Stream: "s", Data: []byte("0,"), Position: "4"})
	wants(true, sink.State{Exists: true, Position: "5", Note: "n", Tail: 4})
	write(sink.Append{Stream: "s", Data: []byte("3,"), Position: "6"})
	if len(ids) != 1 {
		t.Fatalf("a closed stream: got identities %v, want one", ids)
	}
	wants(false, sink.State{Exists: true, Position: "6", Tail: 2})
	if len(ids) != 2 {
		t.Fatalf("a stream begun anew: got identities %v, want another", ids)
	}

	other := sink.NewLocal(e, "q")
	defer other.Close()
	if err := other.CloseStream(t.Context(), "s"); !errors.Is(err, sink.ErrForeign) {
		t.Errorf("close of another's stream: got %v, want ErrForeign", err)
	}
}
