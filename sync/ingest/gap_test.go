package ingest_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

const resetEvent = `"control":"reset"`

// resynced has a pipeline stream a row, begin anew, and stream another one. It returns
// what is in the stream between the two.
func resynced(t *testing.T, r *rig) string {
	t.Helper()
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.serve()
	r.waitState(ingest.StateStreaming)
	r.exec(`INSERT INTO t VALUES (1, 'before')`)
	r.wait("a row", func() bool { return r.has("before") })
	r.order("resync", `{"confirm":"`+r.o.Slot+`"}`)
	r.wait("a reset", func() bool { return r.has(resetEvent) })
	r.waitState(ingest.StateStreaming)
	r.exec(`INSERT INTO t VALUES (2, 'after')`)
	r.wait("what comes after", func() bool { return r.has("after") })
	_, rest, _ := strings.Cut(r.contents("pg/public/t"), "before")
	between, _, _ := strings.Cut(rest, "after")
	return between
}

// A table that is not copied anew says in its streams that changes are missing, once.
func TestGapIsAnnounced(t *testing.T) {
	for name, o := range map[string]struct {
		mode   route.Snapshot
		routes string
	}{
		"no copies":               {route.SnapshotNever, ""},
		"not of one, beside":      {route.SnapshotIncremental, "tables: [{table: public.t, snapshot: never}]"},
		"not of one, in one step": {route.SnapshotConsistent, "tables: [{table: public.t, snapshot: never}]"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := operated(t)
			r.o.Copy.Mode = o.mode
			var err error
			if r.o.Event.Routes, err = route.ParseRoutes([]byte(o.routes)); err != nil {
				t.Fatal(err)
			}
			if got := resynced(t, r); strings.Count(got, resetEvent) != 1 {
				t.Errorf("got %s between the changes of two slots, want one reset", got)
			}
		})
	}
}

// forgetsOnce is a sink that fails to save the first record with a new slot.
type forgetsOnce struct {
	sink.Sink
	done atomic.Bool
}

func (f *forgetsOnce) Save(ctx context.Context, name, record string) error {
	begun := name == "pipeline" && strings.Contains(record, `"generation":1`) && !strings.Contains(record, `"intent":true`)
	if begun && !strings.Contains(record, `"consistent_point":"0/0"`) && f.done.CompareAndSwap(false, true) {
		return errors.New("the record is not saved")
	}
	return f.Sink.Save(ctx, name, record)
}

// A crash between the announcement and the record has it said once all the same.
func TestGapIsAnnouncedOnce(t *testing.T) {
	r, log := operated(t)
	f := &forgetsOnce{}
	r.between = func(k sink.Sink) sink.Sink {
		f.Sink = k
		return f
	}
	if got := resynced(t, r); strings.Count(got, resetEvent) != 1 {
		t.Errorf("got %s between the changes of two slots, want one reset", got)
	}
	if log.count("the record is not saved") == 0 {
		t.Error("the record was saved at once, want a failure before")
	}
}
