// Package sinktest holds what every sink.Sink does. Run is the whole of it.
package sinktest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// Run tests the sinks that open returns, each with nothing stored.
func Run(t *testing.T, open func(t *testing.T) sink.Sink) {
	for name, test := range map[string]func(*testing.T, sink.Sink){
		"append":   testAppend,
		"position": testPosition,
		"note":     testNote,
		"hidden":   testHidden,
		"batches":  testBatches,
		"read":     testRead,
		"list":     testList,
		"delete":   testDelete,
		"records":  testRecords,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// put makes appends in one batch.
func put(t *testing.T, s sink.Sink, appends ...sink.Append) {
	t.Helper()
	b := s.NewBatch()
	for i := range appends {
		if err := b.Append(&appends[i]); err != nil {
			t.Fatalf("append %d: %v", i, err)
		}
	}
	if err := b.Wait(); err != nil {
		t.Fatalf("wait: %v", err)
	}
}

func wantState(t *testing.T, s sink.Sink, name string, want sink.State) {
	t.Helper()
	got, err := s.State(t.Context(), name)
	got.ID = want.ID // which no test can know
	if err != nil || got != want {
		t.Fatalf("state of %s: got %+v, %v, want %+v", name, got, err, want)
	}
}

func wantBytes(t *testing.T, s sink.Sink, name string, from int64, want string) {
	t.Helper()
	r, err := s.Read(t.Context(), name, from)
	if err != nil {
		t.Fatalf("read of %s: %v", name, err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || string(got) != want {
		t.Fatalf("read of %s from %d: got %q, %v, want %q", name, from, got, err, want)
	}
}

func testAppend(t *testing.T, s sink.Sink) {
	wantState(t, s, "a/b", sink.State{})
	put(t, s, sink.Append{Stream: "a/b", Data: []byte(`{"n": 1},{"s":"],["},`), Position: "1", Note: "first"})
	wantState(t, s, "a/b", sink.State{Exists: true, Position: "1", Note: "first", Tail: 21})
	put(t, s, sink.Append{Stream: "a/b", Data: []byte(`3,`), Position: "2", Note: "second"})
	wantState(t, s, "a/b", sink.State{Exists: true, Position: "2", Note: "second", Tail: 23})
	wantBytes(t, s, "a/b", 0, `{"n": 1},{"s":"],["},3,`)

	data := []byte("1,")
	b := s.NewBatch()
	if err := b.Append(&sink.Append{Stream: "copied%2Fname", Data: data, Position: "1"}); err != nil {
		t.Fatal(err)
	}
	data[0] = '2'
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, s, "copied%2Fname", 0, "1,")
}

func testPosition(t *testing.T, s sink.Sink) {
	put(t, s, sink.Append{Stream: "s", Data: []byte("1,"), Position: "5", Note: "n"})
	for _, a := range []sink.Append{
		{Stream: "s", Data: []byte("2,"), Position: "4", Note: "lower"},
		{Stream: "s", Data: []byte("2,"), Position: "5", Note: "n"},
	} {
		put(t, s, a)
		wantState(t, s, "s", sink.State{Exists: true, Position: "5", Note: "n", Tail: 2})
	}
	put(t, s, sink.Append{Stream: "s", Data: []byte("2,"), Position: "5", Note: "other"})
	wantState(t, s, "s", sink.State{Exists: true, Position: "5", Note: "other", Tail: 4})
	wantBytes(t, s, "s", 0, "1,2,")
}

func testNote(t *testing.T, s sink.Sink) {
	put(t, s, sink.Append{Stream: "s", Note: "created \xff\x01"})
	wantState(t, s, "s", sink.State{Exists: true, Note: "created \xff\x01"})
	put(t, s, sink.Append{Stream: "s", Position: "1", Note: "moved"})
	wantState(t, s, "s", sink.State{Exists: true, Position: "1", Note: "moved"})
	put(t, s, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1"})
	wantState(t, s, "s", sink.State{Exists: true, Position: "1", Tail: 2})
	wantBytes(t, s, "s", 0, "1,")
}

// testHidden holds for sinks that can hide and for those that cannot: once all is
// shown they are alike.
func testHidden(t *testing.T, s sink.Sink) {
	put(t, s, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1", Hidden: true})
	st, err := s.State(t.Context(), "s")
	if err != nil || st.Position != "1" || st.Tail != 2 {
		t.Fatalf("state after a hidden append: got %+v, %v, want position 1 and tail 2", st, err)
	}
	wantBytes(t, s, "s", 0, "1,")
	put(t, s, sink.Append{Stream: "s", Position: "1"})
	wantState(t, s, "s", sink.State{Exists: true, Position: "1", Tail: 2})
	put(t, s, sink.Append{Stream: "s", Data: []byte("2,"), Position: "2"})
	wantBytes(t, s, "s", 0, "1,2,")
}

// testBatches stages several batches before it waits for any.
func testBatches(t *testing.T, s sink.Sink) {
	const streams, batches = 20, 4
	for i := range streams {
		put(t, s, sink.Append{Stream: fmt.Sprint("s/", i), Position: "0"})
	}
	var staged []sink.Batch
	for n := range batches {
		b := s.NewBatch()
		staged = append(staged, b)
		for i := range streams {
			err := b.Append(&sink.Append{
				Stream: fmt.Sprint("s/", i), Data: fmt.Appendf(nil, "%d,", n), Position: fmt.Sprint(n + 1),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	wantState(t, s, "s/7", sink.State{Exists: true, Position: fmt.Sprint(batches), Tail: 2 * batches})
	for _, b := range staged {
		if err := b.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range streams {
		wantBytes(t, s, fmt.Sprint("s/", i), 0, "0,1,2,3,")
	}
}

func testRead(t *testing.T, s sink.Sink) {
	put(t, s, sink.Append{Stream: "empty", Position: "1"})
	wantBytes(t, s, "empty", 0, "")
	want := strings.Repeat(`{"long":"message"},`, 10_000)
	put(t, s, sink.Append{Stream: "s", Data: []byte("1,"), Position: "1"})
	put(t, s, sink.Append{Stream: "s", Data: []byte(want), Position: "2"})
	wantBytes(t, s, "s", 2, want)
	wantBytes(t, s, "s", int64(2+len(want)), "")
	if r, err := s.Read(t.Context(), "none", 0); err == nil {
		r.Close()
		t.Errorf("read of a stream that is not there: got no error, want one")
	}
}

func wantNames(t *testing.T, s sink.Sink, prefix, after string, limit int, want ...string) {
	t.Helper()
	got, err := s.List(t.Context(), prefix, after, limit)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("list of %q after %q: got %q, %v, want %q", prefix, after, got, err, want)
	}
}

func testList(t *testing.T, s sink.Sink) {
	wantNames(t, s, "p/", "", 10)
	for _, name := range []string{"p/c", "p/a", "q", "p/b", "p/a/x"} {
		put(t, s, sink.Append{Stream: name, Position: "1"})
	}
	wantNames(t, s, "p/", "", 10, "p/a", "p/a/x", "p/b", "p/c")
	wantNames(t, s, "p/", "", 2, "p/a", "p/a/x")
	wantNames(t, s, "p/", "p/a/x", 2, "p/b", "p/c")
	wantNames(t, s, "p/", "p/c", 2)
	if err := s.Delete(t.Context(), "p/a/x"); err != nil {
		t.Fatal(err)
	}
	wantNames(t, s, "p/", "", 2, "p/a", "p/b")
	put(t, s, sink.Append{Stream: "p/a/x", Position: "1"})
	wantNames(t, s, "p/", "", 3, "p/a", "p/a/x", "p/b")
}

func testDelete(t *testing.T, s sink.Sink) {
	if err := s.Delete(t.Context(), "none"); err != nil {
		t.Fatalf("delete of a stream that is not there: %v", err)
	}
	put(t, s, sink.Append{Stream: "s", Data: []byte("1,"), Position: "7", Note: "n"})
	if err := s.Delete(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "s", sink.State{})
	put(t, s, sink.Append{Stream: "s", Data: []byte("22,"), Position: "3"})
	wantState(t, s, "s", sink.State{Exists: true, Position: "3", Tail: 3})
	wantBytes(t, s, "s", 0, "22,")
}

func testRecords(t *testing.T, s sink.Sink) {
	want := map[string]string{"control": "", "other": ""}
	check := func() {
		t.Helper()
		for name, record := range want {
			if got, err := s.Load(t.Context(), name); err != nil || got != record {
				t.Fatalf("record %s: got %.40q, %v, want %.40q", name, got, err, record)
			}
		}
	}
	check()
	for i := range 20 {
		for name := range want {
			// Some are long, so that what keeps them has to be made smaller.
			want[name] = fmt.Sprint(name, i, strings.Repeat("\x00é", 3000*(i%5)))
			if err := s.Save(t.Context(), name, want[name]); err != nil {
				t.Fatal(err)
			}
		}
		check()
	}
}
