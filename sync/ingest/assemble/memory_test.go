package assemble_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// TestBuffersAreBounded: tables that are filled one after the other do not each keep a
// buffer as large as they needed, be that in one transaction or in many.
func TestBuffersAreBounded(t *testing.T) {
	const tables, rows, most = 64, 40, 16 << 20 // 1.3 MB for each table
	for _, together := range []bool{false, true} {
		o := defaults(t)
		o.Sink, o.Catalogue, o.AtomicBytes = &nowhere{}, catalogue{}, 1<<20
		o.Stage = func(sink.Batch, lsn.LSN) error { return nil }
		r := &rig{t: t, at: 0x1000, a: assemble.New(o, 0), sender: newSender()}
		value := strings.Repeat("v", 32<<10)
		before := heap()
		var open []pgoutput.Message
		for i := range tables {
			table := relation(uint32(i+1), fmt.Sprint("t", i), pgoutput.IdentityDefault, "*id", "v")
			for n := range rows {
				open = append(open, inserted(table, fmt.Sprint(n), value))
			}
			if !together {
				r.do(open...)
				open = nil
			}
		}
		frames := r.sender.frames(r.tx(open...), nil)
		if err := handle(r.a, frames[:len(frames)-1]); err != nil {
			t.Fatal(err)
		}
		open, frames = nil, nil
		if grown := heap() - before; grown > most {
			t.Errorf("all in one transaction %v: got %d bytes in use, want at most %d", together, grown, most)
		}
		runtime.KeepAlive(r)
	}
}

// TestLargeBatchesGoOneByOne: a batch of many bytes is durable before more is staged,
// and smaller ones are not waited for.
func TestLargeBatchesGoOneByOne(t *testing.T) {
	for _, c := range []struct{ size, under int }{{1 << 20, 6}, {10 << 20, 1}} {
		under, most := 0, 0
		o := defaults(t)
		o.Sink, o.Catalogue, o.AtomicBytes, o.MaxRowBytes = &nowhere{}, catalogue{}, 16<<20, 16<<20
		o.Stage = func(sink.Batch, lsn.LSN) error {
			under++
			most = max(most, under)
			return nil
		}
		o.Settle = func() error { under = 0; return nil }
		r := &rig{t: t, at: 0x1000, a: assemble.New(o, 0), sender: newSender()}
		table := relation(1, "t", pgoutput.IdentityDefault, "*id", "v")
		for n := range 6 {
			r.do(inserted(table, fmt.Sprint(n), strings.Repeat("v", c.size)))
		}
		if most != c.under {
			t.Errorf("batches of %d bytes: got up to %d under way, want %d", c.size, most, c.under)
		}
	}
}

// heap is how much memory is in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
