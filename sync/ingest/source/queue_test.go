package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// Whatever the sizes of messages, reads and budget: what is sent is what comes
// out, once, in order, and then the end.
func TestFramesComeOutAsTheyWentIn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.OneOf(
			rapid.IntRange(0, 300), rapid.IntRange(16000, 16800), rapid.IntRange(0, 200000)), 1, 15).Draw(rt, "sizes")
		budget := rapid.Int64Range(1, 1<<20).Draw(rt, "budget")
		step := rapid.IntRange(1000, 70000).Draw(rt, "bytes a write")
		var err error
		// Fake time makes the reader's naps free.
		synctest.Test(t, func(*testing.T) { err = passThrough(sizes, budget, step) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// passThrough sends one frame of each size and compares what comes out.
func passThrough(sizes []int, budget int64, step int) error {
	ours, theirs := net.Pipe()
	go io.Copy(io.Discard, theirs)
	go func() {
		defer theirs.Close()
		for rest := numbered(sizes); len(rest) > 0; {
			n, err := theirs.Write(rest[:min(step, len(rest))])
			if err != nil {
				return
			}
			rest = rest[n:]
		}
	}()
	r := source.StartOn(ours, source.StartSpec{BufferBytes: budget})
	defer r.Close()
	for i, size := range sizes {
		f, err := r.Next(context.Background())
		if err != nil {
			return fmt.Errorf("frame %d: %w", i, err)
		}
		if int(f.Start) != i || len(f.Data) != size || bytes.Count(f.Data, []byte{byte(i)}) != size {
			return fmt.Errorf("frame %d of %d bytes: got frame %d of %d", i, size, f.Start, len(f.Data))
		}
	}
	if f, err := r.Next(context.Background()); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after the last frame: got %+v and %v, want io.EOF", f, err)
	}
	return nil
}

// TestLargeMessagesShareMemory: one large message after the other takes the memory of
// few of them.
func TestLargeMessagesShareMemory(t *testing.T) {
	const size, frames, most = 1 << 20, 50, 10 << 20
	sizes := make([]int, frames)
	for i := range sizes {
		sizes[i] = size + i*100
	}
	wire := numbered(sizes)
	ours, theirs := net.Pipe()
	go io.Copy(io.Discard, theirs)
	go theirs.Write(wire)
	defer theirs.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := source.StartOn(ours, source.StartSpec{BufferBytes: 2 * size})
	defer r.Close()
	for i := range sizes {
		if _, err := r.Next(t.Context()); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > most {
		t.Errorf("%d messages of %d bytes: got %d bytes allocated, want at most %d", frames, size, got, most)
	}
}

// numbered is the wire with one frame of each size, filled with its number, and
// a notice after each, which is nobody's business.
func numbered(sizes []int) []byte {
	var wire []byte
	for i, size := range sizes {
		payload := xlog(uint64(i), 0, string(bytes.Repeat([]byte{byte(i)}, size)))
		wire = append(source.AppendCopyData(wire, len(payload)), payload...)
		wire = append(wire, 'N', 0, 0, 0, 5, 0)
	}
	return wire
}

func TestNapsOnlyUnderLoad(t *testing.T) {
	for _, c := range []struct {
		name string
		size int
		gap  time.Duration
		want int
	}{
		{"a frame every millisecond", 200, time.Millisecond, 0},
		{"a frame every 10 us", 200, 10 * time.Microsecond, 100},
		{"full reads", 256 << 10, 10 * time.Microsecond, 0},
	} {
		if got := source.Naps(c.size, c.gap, 800); got != c.want {
			t.Errorf("%s: got %d naps in 800 reads, want %d", c.name, got, c.want)
		}
	}
}
