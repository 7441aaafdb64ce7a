package stream_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// BenchmarkAppend is what the engine and the memory tier take of an append, with
// no protocol above them. With many streams it is mostly cache lines.
func BenchmarkAppend(b *testing.B) {
	for _, streams := range []int{1, 100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) { benchmarkAppend(b, streams) })
	}
}

func benchmarkAppend(b *testing.B, streams int) {
	e := newEngine(b, nil)
	names := streamNames(streams)
	for _, name := range names {
		create(b, e, plain(name, octets))
	}
	req := stream.AppendRequest{Body: make([]byte, 256), ContentType: octets}
	b.ReportAllocs()
	b.SetBytes(int64(len(req.Body)))
	at := 0
	for b.Loop() {
		at = (at + 7919) % streams // a prime: all streams in turn, no neighbours
		req.Name = names[at]
		if _, err := e.Append(&req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreate also tells what an empty stream takes of the heap: while it is
// in use, and when only the tier has it.
func BenchmarkCreate(b *testing.B) {
	st := memstore.New(nil)
	e := stream.New(st, nil)
	req := plain("", octets)
	before := liveHeap()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		req.Name = "stream-" + strconv.Itoa(n)
		create(b, e, req)
		n++
	}
	b.ReportMetric(float64(liveHeap()-before)/float64(n), "live-B/stream")
	e.Close()
	b.ReportMetric(float64(liveHeap()-before)/float64(n), "idle-B/stream")
	runtime.KeepAlive(st)
}

func streamNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = "stream-" + strconv.Itoa(i)
	}
	return names
}

func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
