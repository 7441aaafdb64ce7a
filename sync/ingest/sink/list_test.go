package sink_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// TestLocalListLeavesRecordsOut: records are streams of the engine and of the
// pipeline, but no data, and a page without them is no end.
func TestLocalListLeavesRecordsOut(t *testing.T) {
	e := stream.New(memstore.New(nil), nil)
	defer e.Close()
	l := sink.NewLocal(e, "p")
	defer l.Close()
	ctx := context.Background()
	b := l.NewBatch()
	want := []string{"Z", "a", "b"} // around __ds
	for _, name := range want {
		if err := b.Append(&sink.Append{Stream: name, Data: []byte("1,"), Position: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := l.Save(ctx, fmt.Sprintf("record-%d", i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for after := ""; ; {
		names, err := l.List(ctx, "", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, names...)
		if len(names) < 2 {
			break
		}
		after = names[1]
	}
	if !slices.Equal(got, want) {
		t.Errorf("list: got %q, want %q", got, want)
	}
}
