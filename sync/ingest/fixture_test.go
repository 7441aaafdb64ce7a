package ingest_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/source"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) {
	postgres.Main(m)
}

// rig is a database, a store of streams, and a pipeline between them that a test
// stops and starts again.
type rig struct {
	t      *testing.T
	server *pgtest.Server
	db     string
	store  store.Store
	engine *stream.Engine
	sink   *sink.Local
	o      ingest.Options
	// between returns what stands between the pipeline and the sink; nil: nothing.
	between func(sink.Sink) sink.Sink

	pipeline *ingest.Pipeline
	stopRun  context.CancelFunc
	run      sync.WaitGroup
	failed   error // of the last run, when it has ended
}

// newRig returns a rig on a database of its own.
func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigOn(t, postgres.Server(t))
}

// newRigOn returns a rig on a database of its own, of a server.
func newRigOn(t *testing.T, server *pgtest.Server) *rig {
	t.Helper()
	r := &rig{t: t, server: server, db: server.Database(t), store: memstore.New(nil)}
	leaks := goleak.IgnoreCurrent()
	r.engine = stream.New(r.store, nil)
	t.Cleanup(func() {
		r.stop()
		r.engine.Close()
		if err := r.store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
		goleak.VerifyNone(t, leaks)
	})
	tables, err := route.ParsePatterns("public.*")
	if err != nil {
		t.Fatal(err)
	}
	r.o = ingest.Options{
		Source: source.Options{URL: server.URL("postgres", r.db), Pipeline: "t"},
		Log:    zerolog.New(zerolog.NewTestWriter(t)), Slot: "ds_" + r.db, Publications: []string{"ds_sync"}, Manage: true,
		Tables: tables, Event: event.Config{Stream: template(t, "pg/{schema}/{table}"), Type: typeTemplate(t, "{table}")},
		Truncate: assemble.TruncateAuto, AtomicBytes: 64 << 20, MaxRowBytes: 32 << 20, MaxNameBytes: 1024,
		Heartbeat: time.Second, BackoffMin: 250 * time.Millisecond, BackoffMax: time.Second,
		// Tests of the changes alone.
		Copy: ingest.CopyOptions{Mode: route.SnapshotNever},
	}
	return r
}

func template(t *testing.T, text string) *route.Template {
	t.Helper()
	tpl, err := route.ParseTemplate(text)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func typeTemplate(t *testing.T, text string) *route.TypeTemplate {
	t.Helper()
	tpl, err := route.ParseTypeTemplate(text)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// start runs the pipeline until stop.
func (r *rig) start() {
	r.t.Helper()
	r.begin(func(ctx context.Context) { r.failed = r.pipeline.Run(ctx) })
	r.wait("streaming", func() bool { return r.pipeline.Status().State == ingest.StateStreaming })
}

// serve runs the pipeline as a server does: until stop, whether or not it fails.
func (r *rig) serve() {
	r.t.Helper()
	r.begin(func(ctx context.Context) { r.pipeline.Serve(ctx) })
}

// begin has a new pipeline run until stop.
func (r *rig) begin(run func(ctx context.Context)) {
	r.t.Helper()
	r.sink = sink.NewLocal(r.engine, r.o.Source.Pipeline)
	index := earlier.OpenMemory(r.sink, nil)
	o := r.o
	o.Sink, o.Earlier = r.sink, index
	if r.between != nil {
		o.Sink = r.between(r.sink)
	}
	var err error
	if r.pipeline, err = ingest.New(o); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stopRun = cancel
	r.run.Go(func() {
		run(ctx)
		if err := index.Close(); err != nil {
			r.t.Errorf("close the index: %v", err)
		}
	})
}

// stop ends the pipeline in order.
func (r *rig) stop() {
	if r.stopRun == nil {
		return
	}
	r.stopRun()
	r.run.Wait()
	r.sink.Close()
	r.stopRun = nil
}

// exec runs statements in the rig's database.
func (r *rig) exec(statements ...string) {
	r.t.Helper()
	r.server.ExecIn(r.t, r.db, statements...)
}

// wait waits until something has happened, for as long as a slow machine needs.
func (r *rig) wait(what string, done func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for: %s; status: %+v", what, r.pipeline.Status())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// contents is what readers see of a stream, "" if it is not there.
func (r *rig) contents(name string) string {
	r.t.Helper()
	reader, err := r.engine.Read(name, 0, false)
	if err != nil {
		return ""
	}
	defer reader.Close()
	var all strings.Builder
	for {
		page, err := reader.Peek()
		if err == nil {
			err = reader.Take(page)
		}
		if err != nil {
			r.t.Fatalf("read %s: %v", name, err)
		}
		for _, piece := range page.Pieces {
			b, err := piece.Bytes()
			if err != nil {
				r.t.Fatalf("read %s: %v", name, err)
			}
			all.Write(b)
		}
		page.Close()
		reader.Skip(page)
		if page.UpToDate {
			return all.String()
		}
	}
}
