package sink_test

import (
	"errors"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/sink/sinktest"
)

// A sink of one generation is a sink.
func TestGeneration(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sink.Sink {
		l := sink.NewLocal(newWorld(t).engine, "p")
		t.Cleanup(l.Close)
		return sink.Generation(l, 7)
	})
}

// In the next generation positions may be as low as they please, and those of the
// generation before are not to be seen.
func TestNextGeneration(t *testing.T) {
	l := sink.NewLocal(newWorld(t).engine, "p")
	defer l.Close()
	first, second := sink.Generation(l, 9), sink.Generation(l, 10)
	put := func(s sink.Sink, a sink.Append) error {
		b := s.NewBatch()
		err := b.Append(&a)
		return errors.Join(err, b.Wait())
	}
	want := func(s sink.Sink, position string, tail int64) {
		t.Helper()
		st, err := s.State(t.Context(), "s")
		if err != nil || st.Position != position || st.Tail != tail {
			t.Errorf("got position %q, tail %d (%v), want %q, %d", st.Position, st.Tail, err, position, tail)
		}
	}
	if err := put(first, sink.Append{Stream: "s", Data: []byte("1,"), Position: "5"}); err != nil {
		t.Fatal(err)
	}
	want(first, "5", 2)
	want(second, "", 2)
	if err := put(second, sink.Append{Stream: "s", Data: []byte("2,"), Position: "3"}); err != nil {
		t.Fatal(err)
	}
	want(second, "3", 4)
	if _, err := first.State(t.Context(), "s"); !errors.Is(err, sink.ErrGeneration) {
		t.Errorf("the generation before: got %v, want ErrGeneration", err)
	}
	// One who does not look first is not heard.
	_ = put(first, sink.Append{Stream: "s", Data: []byte("3,"), Position: "6"})
	want(second, "3", 4)
}

// What a generation has hidden and not shown is no matter of the next one: its first
// append shows it.
func TestHiddenBeforeGeneration(t *testing.T) {
	l := sink.NewLocal(newWorld(t).engine, "p")
	defer l.Close()
	first, second := sink.Generation(l, 9), sink.Generation(l, 10)
	mustPut(t, first, sink.Append{Stream: "s", Data: []byte("1,"), Position: "5", Hidden: true})
	if st, err := first.State(t.Context(), "s"); err != nil || !st.Hidden {
		t.Fatalf("in its own generation: got %+v, %v, want it to be hidden", st, err)
	}
	if st, err := second.State(t.Context(), "s"); err != nil || st.Hidden {
		t.Fatalf("in the next generation: got %+v, %v, want nothing hidden", st, err)
	}
}
