package sink_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// world is a server, and a proxy in front of it that misbehaves as it is told.
type world struct {
	t      tester
	engine *stream.Engine
	api    http.Handler

	mu     sync.Mutex
	meddle func(r *http.Request) fault // nil: never
	asked  int                         // requests that came
}

// fault is what the proxy does to a request.
type fault int

const (
	none    fault = iota
	busy          // not passed on, 503
	cut           // not passed on, no answer
	lost          // passed on, no answer
	unsure        // passed on, 502
	tooMuch       // not passed on, 413
	late          // no answer, passed on some time
	arrive        // what was late is passed on first
)

// tester is what a test and a law have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Cleanup(func())
}

func newWorld(t tester) *world {
	st := memstore.New(nil)
	e := stream.New(st, &stream.Options{PageBytes: 64 << 10})
	t.Cleanup(func() {
		e.Close()
		st.Close()
	})
	return &world{t: t, engine: e, api: httpapi.New(e, httpapi.Options{MaxAppendBytes: 1 << 20})}
}

// RoundTrip implements http.RoundTripper, without a network between.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.asked++
	f := none
	if w.meddle != nil {
		f = w.meddle(r)
	}
	w.mu.Unlock()
	switch f {
	case busy:
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody, Header: http.Header{}}, nil
	case tooMuch:
		return &http.Response{StatusCode: http.StatusRequestEntityTooLarge, Body: http.NoBody, Header: http.Header{}}, nil
	case cut:
		return nil, io.ErrUnexpectedEOF
	}
	rec := httptest.NewRecorder()
	in := httptest.NewRequest(r.Method, r.URL.String(), r.Body).WithContext(r.Context())
	in.Header = r.Header.Clone()
	in.ContentLength = r.ContentLength
	w.api.ServeHTTP(rec, in)
	switch f {
	case lost:
		return nil, io.ErrUnexpectedEOF
	case unsure:
		return &http.Response{StatusCode: http.StatusBadGateway, Body: http.NoBody, Header: http.Header{}}, nil
	}
	return rec.Result(), nil
}

// meddleWith says what happens to requests from now on. Calls come one at a time.
func (w *world) meddleWith(f func(r *http.Request) fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meddle = f
}

// remote returns a sink as a new process has it.
func (w *world) remote(change ...func(*sink.RemoteOptions)) *sink.Remote {
	w.t.Helper()
	o := sink.RemoteOptions{
		URL:     "http://weir.test/v1/stream/",
		Client:  &http.Client{Transport: w},
		Retries: 3,
		Pause:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	for _, f := range change {
		f(&o)
	}
	r, err := sink.NewRemote(context.Background(), "p", o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// content is what readers of the server see.
func (w *world) content(name string) string {
	w.t.Helper()
	rec := httptest.NewRecorder()
	var all strings.Builder
	for at := "-1"; ; {
		w.api.ServeHTTP(rec, httptest.NewRequest("GET", "/v1/stream/"+name+"?offset="+at, nil))
		if rec.Code != http.StatusOK {
			w.t.Fatalf("read of %s: got %d %s, want 200", name, rec.Code, rec.Body)
		}
		if b := rec.Body.String(); b != "[]" {
			all.WriteString(b[1:len(b)-1] + ",")
		}
		if rec.Header().Get("Stream-Up-To-Date") == "true" {
			return all.String()
		}
		at = rec.Header().Get("Stream-Next-Offset")
		rec = httptest.NewRecorder()
	}
}

// put makes one append.
func put(s sink.Sink, a sink.Append) error {
	b := s.NewBatch()
	if err := b.Append(&a); err != nil {
		b.Wait()
		return err
	}
	return b.Wait()
}
