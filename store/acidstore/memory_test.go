package acidstore_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	bolt "go.etcd.io/bbolt"

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
	const made, streams = 5000, 100_000
	dir := t.TempDir()
	before := heap()
	s := open(t, dir, 4)
	wantInMemory := func(streams int64, when string) {
		t.Helper()
		if got := s.Live(); got != 0 {
			t.Errorf("streams in memory %s: got %d, want none", when, got)
		}
		if got := s.Stats().MemoryBytes; got != 0 {
			t.Errorf("bytes of streams in memory %s: got %d, want none", when, got)
		}
		if got := heap() - before; got > 4<<20 {
			t.Errorf("memory for %d streams %s: got %d bytes, want a few", streams, when, got)
		}
		if got := s.Stats().Streams; got != streams {
			t.Errorf("streams %s: got %d, want %d", when, got, streams)
		}
	}
	createMany(t, s, made)
	s.Tidy()
	wantInMemory(made, "after they were made")
	closeStore(t, s)
	addStreams(t, dir, made, streams)
	s = open(t, dir, 4)
	wantInMemory(streams, "after a start")
	for i := range 100 {
		h := mustOpen(t, s, streamName(i*streams/100))
		if got, want := h.Meta().ID, uint64(i*streams/100+1); got != want {
			t.Errorf("identity of stream %d: got %d, want %d", i*streams/100, got, want)
		}
		h.Release()
	}
	wantInMemory(streams, "after some were opened")
	s = crashed(t, s, dir, 4)
	wantInMemory(streams, "after a crash")
	closeStore(t, s)
}

func streamName(i int) string { return fmt.Sprintf("stream %06d", i) }

// addStreams writes the streams from the first up to the one after the last into
// the shard files, which takes a part of the time that it would take to make them.
func addStreams(t *testing.T, dir string, first, last int) {
	t.Helper()
	for shard := range 4 {
		file := fileOf(t, dir, named(shard, 4, 0))
		damage(t, filepath.Join(dir, file), func(tx *bolt.Tx) error {
			streams := tx.Bucket(streamsBucket)
			streams.FillPercent = 1
			count := uint64(0)
			for i := range last {
				if acidstore.ShardOf(streamName(i), 4) != shard {
					continue
				}
				if count++; i < first {
					continue
				}
				key, value := acidstore.StateOf(streamName(i), uint64(i+1))
				if err := errors.Join(streams.Put(key, value), lead(tx, streamName(i), uint64(i+1))); err != nil {
					return err
				}
			}
			n := binary.LittleEndian.AppendUint64(nil, count)
			return errors.Join(seal(tx, "about", "count", n), streams.SetSequence(uint64(last)))
		})
	}
}

// createMany makes streams, many at a time.
func createMany(t *testing.T, s *acidstore.Store, n int) {
	t.Helper()
	const group = 1000
	for first := 0; first < n; first += group {
		var made []outcome
		var held []store.Handle
		for i := range group {
			made = append(made, stage(func(k store.Completion) (bool, error) {
				h, done, err := s.Create(streamName(first+i), plain, &store.Change{Bytes: []byte("content")}, k)
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
