package ingest_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// late is a sink whose first record is old when it arrives.
type late struct {
	sink.Sink
	once          sync.Once
	loaded, moved chan struct{}
}

func (l *late) Load(ctx context.Context, name string) (string, error) {
	text, err := l.Sink.Load(ctx, name)
	l.once.Do(func() {
		close(l.loaded)
		<-l.moved
	})
	return text, err
}

// TestSecondInstanceWaits: an instance that waits for another one is not taken in by a
// slot that moves on while it looks, and takes over when the other one has ended.
func TestSecondInstanceWaits(t *testing.T) {
	r := newRig(t)
	r.exec(`CREATE TABLE t (id serial PRIMARY KEY, v text)`)
	r.start()

	o := r.o
	l := &late{Sink: r.sink, loaded: make(chan struct{}), moved: make(chan struct{})}
	o.Sink = l
	second, err := ingest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { second.Serve(ctx) })
	defer run.Wait()
	defer cancel()
	r.wait("the second to look", func() bool {
		select {
		case <-l.loaded:
			return true
		default:
			return second.Status().LastError != ""
		}
	})
	before := r.slotConfirmed()
	r.exec(`INSERT INTO t (v) VALUES ('early')`)
	r.wait("the slot to move", func() bool { return r.slotConfirmed() != before })
	close(l.moved)
	r.wait("the second to be refused", func() bool { return second.Status().LastError != "" })
	if s := second.Status(); s.State == ingest.StateFailed || s.LastCode != "E106" || strings.Contains(s.LastError, "E109") {
		t.Fatalf("beside another instance: got state %s and %q, want E106 and to wait", s.State, s.LastError)
	}
	r.stop()
	r.wait("the second to stream", func() bool { return second.Status().State == ingest.StateStreaming })
	r.exec(`INSERT INTO t (v) VALUES ('late')`)
	r.wait("the change", func() bool { return r.has("late") })
}
