package stream_test

import (
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

const (
	octets = "application/octet-stream"
	text   = "text/plain"
	json   = "application/json"
)

// tb is what a test and a property have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// newEngine returns an engine on a store of its own.
func newEngine(t testing.TB, o *stream.Options) *stream.Engine {
	e := stream.New(memstore.New(nil), o)
	t.Cleanup(e.Close)
	return e
}

// inBubble runs f with a clock of its own. The engine keeps used channels for the
// next append; those of a bubble must not be met outside, nor the other way
// round, so both sides begin with none.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	forgetPooled()
	defer forgetPooled()
	synctest.Test(t, f)
}

// forgetPooled empties every sync.Pool, which survives one collection.
func forgetPooled() {
	runtime.GC()
	runtime.GC()
}

// plain is a request for an ordinary stream.
func plain(name, contentType string) *stream.CreateRequest {
	return &stream.CreateRequest{Name: name, ContentType: contentType, TTL: stream.NoTTL}
}

// forkOf is a request for a fork at an offset of its source.
func forkOf(name, source string, at int64, sub int64) *stream.CreateRequest {
	o := stream.Offset(at)
	r := plain(name, "")
	r.Fork = &stream.ForkRequest{Source: source, Offset: &o, Sub: sub}
	return r
}

func create(t tb, e *stream.Engine, r *stream.CreateRequest) stream.Info {
	t.Helper()
	info, created, err := e.Create(r)
	if err != nil || !created {
		t.Fatalf("create %s: got created %v, %v, want a new stream", r.Name, created, err)
	}
	return info
}

// put appends a body of the stream's own type.
func put(t tb, e *stream.Engine, name, body string) stream.AppendResult {
	t.Helper()
	info, err := e.Head(name)
	if err != nil {
		t.Fatalf("append to %s: %v", name, err)
	}
	res, err := e.Append(&stream.AppendRequest{Name: name, Body: []byte(body), ContentType: info.ContentType})
	if err != nil {
		t.Fatalf("append to %s: %v", name, err)
	}
	return res
}

func closeStream(t tb, e *stream.Engine, name string) {
	t.Helper()
	if _, err := e.Append(&stream.AppendRequest{Name: name, Close: true}); err != nil {
		t.Fatalf("close %s: %v", name, err)
	}
}

func remove(t tb, e *stream.Engine, name string) {
	t.Helper()
	if err := e.Delete(name); err != nil {
		t.Fatalf("delete %s: %v", name, err)
	}
}

// codeOf is the refusal's code, "" for success.
func codeOf(err error) stream.Code {
	var refusal *stream.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refusal):
		return refusal.Code
	default:
		return stream.Code("no refusal: " + err.Error())
	}
}

func wantCode(t tb, what string, err error, want stream.Code) {
	t.Helper()
	if got := codeOf(err); got != want {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

// state is what Head refuses a stream with, "" for one that is alive.
func state(e *stream.Engine, name string) stream.Code {
	_, err := e.Head(name)
	return codeOf(err)
}

func wantState(t tb, e *stream.Engine, name string, want stream.Code) {
	t.Helper()
	if got := state(e, name); got != want {
		t.Errorf("state of %s: got %q, want %q", name, got, want)
	}
}

// nextPage reads the page at the reader's position and moves on.
func nextPage(t tb, r *stream.Reader) (*stream.Page, string) {
	t.Helper()
	p, err := r.Peek()
	if err != nil {
		t.Fatalf("peek at %s: %v", r.Pos(), err)
	}
	if err := r.Take(p); err != nil {
		t.Fatalf("take %s to %s: %v", p.From, p.To, err)
	}
	defer p.Close()
	r.Skip(p)
	return p, pageBytes(t, p.Pieces)
}

func pageBytes(t tb, pieces []store.Piece) string {
	t.Helper()
	var all []byte
	for _, piece := range pieces {
		b, err := piece.Bytes()
		if err != nil {
			t.Fatalf("read a piece: %v", err)
		}
		all = append(all, b...)
	}
	return string(all)
}

// contents reads everything from a position to the tail, page by page.
func contents(t tb, e *stream.Engine, name string, from stream.Position) string {
	t.Helper()
	r, err := e.Read(name, from, false)
	if err != nil {
		t.Fatalf("read %s from %d: %v", name, from, err)
	}
	defer r.Close()
	var all string
	for {
		p, b := nextPage(t, r)
		all += b
		if p.UpToDate {
			return all
		}
		if p.Len() == 0 {
			t.Fatalf("read %s: got an empty page at %s before the tail %s", name, p.From, p.Tail)
		}
	}
}

func wantContents(t tb, e *stream.Engine, name, want string) {
	t.Helper()
	if got := contents(t, e, name, 0); got != want {
		t.Errorf("contents of %s: got %q, want %q", name, got, want)
	}
}
