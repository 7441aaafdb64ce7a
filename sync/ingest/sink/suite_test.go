package sink_test

import (
	"testing"

	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/sink/sinktest"
)

func TestLocal(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sink.Sink {
		l := sink.NewLocal(newWorld(t).engine, "p")
		t.Cleanup(l.Close)
		return l
	})
}

func TestRemote(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sink.Sink {
		r := newWorld(t).remote()
		t.Cleanup(r.Close)
		return r
	})
}

// TestForgetful has a process for each call: all that is known is what is stored.
func TestForgetful(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sink.Sink { return &forgetful{newWorld(t)} })
}
