package assemble_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// failer is what helpers need of a test, of a law also.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// defaults are options that lack only what depends on a sink. The routes are lines of
// a routes file.
func defaults(t failer, routes ...string) assemble.Options {
	t.Helper()
	streams, err := route.ParseTemplate("pg/{schema}/{table}")
	if err != nil {
		t.Fatalf("parse the template: %v", err)
	}
	types, err := route.ParseTypeTemplate("{table}")
	if err != nil {
		t.Fatalf("parse the template of types: %v", err)
	}
	o := assemble.Options{
		Event:     event.Config{Stream: streams, Type: types},
		Heartbeat: func([]byte) {}, HeartbeatPrefix: "beat", DeadLetters: "pg/_dead",
		Selected: func(schema, _ string) bool { return schema == "public" },
		BadRow:   func(row assemble.BadRow) error { return row.Err },
		Truncate: assemble.TruncateAuto, AtomicBytes: 1 << 20, MaxRowBytes: 1 << 20, MaxNameBytes: 100,
	}
	if len(routes) > 0 {
		file := "tables:\n  - {" + strings.Join(routes, "}\n  - {") + "}\n"
		if o.Event.Routes, err = route.ParseRoutes([]byte(file)); err != nil {
			t.Fatalf("parse the routes: %v", err)
		}
	}
	return o
}

// rig is an assembler above an engine on a store in memory, and a log for it.
type rig struct {
	t      failer
	o      assemble.Options
	store  *memstore.Store
	engine *stream.Engine
	sink   *sink.Local
	a      *assemble.Assembler
	sender *sender
	at     lsn.LSN // of the last change, or the end of the last commit
	xid    uint32
	settle func() error                    // Options.Settle, or nil
	stage  func(sink.Batch, lsn.LSN) error // Options.Stage, or nil
	closed func()
}

func newRig(t *testing.T, o assemble.Options) *rig {
	t.Helper()
	r := &rig{t: t, o: o, store: memstore.New(nil), at: 0x1000, xid: 6}
	r.open(0)
	t.Cleanup(func() { r.closed() })
	return r
}

// open begins a session, as after a crash.
func (r *rig) open(from lsn.LSN) {
	if r.closed != nil {
		r.closed()
	}
	r.engine = stream.New(r.store, nil)
	r.sink = sink.NewLocal(r.engine, "t")
	index := earlier.OpenMemory(r.sink, nil)
	o := r.o
	o.Sink, o.Earlier = r.sink, index
	o.Stage = func(b sink.Batch, _ lsn.LSN) error { return b.Wait() }
	o.Settle = func() error { return nil }
	if r.stage != nil {
		o.Stage = r.stage
	}
	if r.settle != nil {
		o.Settle = r.settle
	}
	if o.Catalogue == nil {
		o.Catalogue = catalogue{}
	}
	r.a, r.sender = assemble.New(o, from), newSender()
	r.closed = func() {
		_ = index.Close()
		r.sink.Close()
		r.engine.Close()
	}
}

// catalogue is a database in which primary keys are the columns of the identity, or
// else the first column. Tables called bag and log have none.
type catalogue struct{ now pgoutput.Tuple }

func (catalogue) Facts(_ context.Context, r *pgoutput.Relation) (event.Facts, error) {
	switch {
	case r.Name == "bag" || r.Name == "log":
		return event.Facts{}, nil
	case r.Identity == pgoutput.IdentityFull:
		return event.Facts{Key: []string{r.Columns[0].Name}}, nil
	}
	var f event.Facts
	for _, c := range r.Columns {
		if c.Key {
			f.Key = append(f.Key, c.Name)
		}
	}
	return f, nil
}

func (c catalogue) Reread(context.Context, *event.Table, pgoutput.Tuple) (pgoutput.Tuple, error) {
	return c.now, nil
}

// tx makes a transaction of messages, each at an LSN of its own.
func (r *rig) tx(messages ...pgoutput.Message) *tx {
	r.xid++
	x := &tx{xid: r.xid}
	for _, m := range messages {
		r.at += 0x10
		x.changes = append(x.changes, change{at: r.at, m: m})
	}
	x.commit, x.end = r.at+0x10, r.at+0x20
	r.at = x.end
	return x
}

// send sends a transaction; its error is that of the session.
func (r *rig) send(x *tx) error {
	return handle(r.a, r.sender.frames(x, func() bool { return false }))
}

// do commits a transaction of messages, and stages it.
func (r *rig) do(messages ...pgoutput.Message) {
	r.t.Helper()
	if err := r.send(r.tx(messages...)); err != nil {
		r.t.Fatalf("handle: %v", err)
	}
	r.flush()
}

func (r *rig) flush() {
	r.t.Helper()
	if err := r.a.Flush(); err != nil {
		r.t.Fatalf("flush: %v", err)
	}
}

// want checks what readers see of a stream, one message on each line. Of the headers
// the transaction's are left out.
func (r *rig) want(name string, lines ...string) {
	r.t.Helper()
	var got []string
	for _, line := range split(visible(r.t, r.engine, name)) {
		from, to := strings.Index(line, `,"txid":`), strings.Index(line, `Z"`)
		if from > 0 {
			line = line[:from] + line[to+len(`Z"`):]
		}
		got = append(got, line)
	}
	if g, w := strings.Join(got, "\n"), strings.Join(lines, "\n"); g != w {
		r.t.Fatalf("%s: got\n%s\nwant\n%s", name, g, w)
	}
}

// visible is what readers see of a stream, "" if it is not there.
func visible(t failer, e *stream.Engine, name string) string {
	t.Helper()
	reader, err := e.Read(name, 0, false)
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
			t.Fatalf("read %s: %v", name, err)
		}
		for _, piece := range page.Pieces {
			b, err := piece.Bytes()
			if err != nil {
				t.Fatalf("read %s: %v", name, err)
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

// split cuts what a stream holds into its messages, without their commas.
func split(all string) []string {
	var lines []string
	_, err := earlier.Scan([]byte(all), func(_ int, e earlier.Event) { lines = append(lines, string(e.Message)) })
	if err != nil {
		return []string{"damaged: " + all}
	}
	return lines
}
