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

// heap is how much memory is in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
