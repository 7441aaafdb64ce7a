package acidstore_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// heap is how much memory is in use.
func heap() int64 {
	var m runtime.MemStats
	for range 2 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestStoredStreamsCostNothing: streams that nobody has open are not in memory,
// neither after they were made nor after a start.
func TestStoredStreamsCostNothing(t *testing.T) {
	const streams = 100_000
	dir := t.TempDir()
	before := heap()
	s := open(t, dir, 4)
	createMany(t, s, streams)
	s.Tidy()
	wantInMemory := func(when string) {
		t.Helper()
		if got := s.Live(); got != 0 {
			t.Errorf("streams in memory %s: got %d, want none", when, got)
		}
		if got := s.Stats().MemoryBytes; got != 0 {
			t.Errorf("bytes of streams in memory %s: got %d, want none", when, got)
		}
		if got := heap() - before; got > 10<<20 {
			t.Errorf("memory for %d streams %s: got %d bytes, want a few", streams, when, got)
		}
		if got := s.Stats().Streams; got != streams {
			t.Errorf("streams %s: got %d, want %d", when, got, streams)
		}
	}
	wantInMemory("after they were made")
	closeStore(t, s)
	s = open(t, dir, 4)
	wantInMemory("after a start")
	for i := range 100 {
		h := mustOpen(t, s, fmt.Sprint("stream ", i*1000))
		if b, err := readAll(h); err != nil || string(b) != "content" {
			t.Errorf("stream %d: got %q and error %v, want its content", i*1000, b, err)
		}
		h.Release()
	}
	wantInMemory("after some were read")
	s = crashed(t, s, dir, 4)
	wantInMemory("after a crash")
	closeStore(t, s)
	runtime.KeepAlive(s)
}

// createMany makes streams, many at a time.
func createMany(t *testing.T, s *acidstore.Store, n int) {
	t.Helper()
	const group = 5000
	for first := 0; first < n; first += group {
		var made []outcome
		var held []store.Handle
		for i := range group {
			made = append(made, stage(func(k store.Completion) (bool, error) {
				h, done, err := s.Create(fmt.Sprint("stream ", first+i), plain, &store.Change{Bytes: []byte("content")}, k)
				held = append(held, h)
				return done, err
			}))
		}
		for i, o := range made {
			if err := <-o; err != nil {
				t.Fatalf("create: %v", err)
			}
			held[i].Release()
		}
	}
}

// TestMemoryOfWriters: bytes that wait to be folded are counted, and are not in
// memory any more when they are.
func TestMemoryOfWriters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 2)
	const streams, size = 20, 1000
	for i := range streams {
		mustCreate(t, s, fmt.Sprint(i), store.Change{})
		mustCommit(t, s, fmt.Sprint(i), store.Change{Bytes: make([]byte, size), Expires: 9})
	}
	for _, when := range []string{"before the fold", "after a crash"} {
		if got := s.Live(); got != streams {
			t.Errorf("streams in memory %s: got %d, want %d", when, got, streams)
		}
		if got := s.Stats().MemoryBytes; got < streams*size || got > 3*streams*size {
			t.Errorf("bytes in memory %s: got %d, want about %d", when, got, streams*size)
		}
		s = crashed(t, s, dir, 2)
	}
	held := mustOpen(t, s, "7")
	s.Tidy()
	if got := s.Live(); got != 1 {
		t.Errorf("streams in memory after the fold: got %d, want the one that is open", got)
	}
	if got := s.Stats().MemoryBytes; got != 0 {
		t.Errorf("bytes in memory after the fold: got %d, want none", got)
	}
	if due, err := s.Due(9, 2*streams); err != nil || len(due) != streams {
		t.Errorf("due streams: got %d and error %v, want %d", len(due), err, streams)
	}
	held.Release()
	if got := s.Live(); got != 0 {
		t.Errorf("streams in memory when none is open: got %d, want none", got)
	}
	closeStore(t, s)
}
