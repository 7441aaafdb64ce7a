package ingest_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
)

// TestRunawayTemplateStops: a template with the wrong column ends at the bound, also
// over restarts.
func TestRunawayTemplateStops(t *testing.T) {
	r := newRig(t)
	r.o.Event.Stream = template(t, "items/{column:id}")
	r.o.MaxStreams = 10
	r.exec(`create table items (id int primary key)`, `insert into items select generate_series(1, 5)`)
	r.start()
	r.exec(`insert into items values (6), (7)`)
	r.wait("the seventh stream", func() bool { return r.contents("items/7") != "" })
	r.stop()
	r.start()
	r.exec(`insert into items select generate_series(8, 20)`)
	r.wait("the end", func() bool { return r.pipeline.Status().State == ingest.StateFailed })
	if got := r.pipeline.Status().LastError; !strings.Contains(got, ingest.ErrManyStreams.Error()) {
		t.Errorf("last error: got %q, want %q in it", got, ingest.ErrManyStreams)
	}
}

// TestStreamsAreCountedOnce: those that could not be made do not count when they are
// tried again.
func TestStreamsAreCountedOnce(t *testing.T) {
	r := newRig(t)
	r.o.Event.Stream = template(t, "items/{column:id}")
	r.o.MaxStreams = 10
	r.fails(2)
	r.exec(`create table items (id int primary key)`)
	r.start()
	r.exec(`insert into items select generate_series(1, 5)`)
	r.wait("the fifth stream", func() bool {
		return r.contents("items/5") != "" || r.pipeline.Status().State == ingest.StateFailed
	})
	if s := r.pipeline.Status(); s.State == ingest.StateFailed {
		t.Errorf("after two failures: got %q, want the third attempt to be within 10 streams", s.LastError)
	}
}
