package e2e_test

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/cutproxy"
	"github.com/weirstreams/weir/e2e/internal/nodejs"
	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// The first connections are cut after so many bytes: enough for the header and
// one page of 4 KiB, but never for two.
const (
	cutConnections = 3
	cutBudget      = 8000
)

// eventSource starts an EventSource that reads url, and returns its script.
type eventSource func(t *testing.T, url string) *nodejs.Script

type followed struct {
	Payloads []string
	Opens    int
	BadIDs   [][2]string
}

// TestEventSource proves that a plain EventSource, which knows nothing of the
// protocol, loses and repeats nothing: its connection is cut in the middle of
// events, ended by the server, and cut again while data arrives, and it comes
// back with no more than its Last-Event-ID.
func TestEventSource(t *testing.T) {
	nodejs.Require(t, ".")
	sources := map[string]eventSource{
		"node":     nodeEventSource,
		"chromium": chromiumEventSource(nodejs.RequireChromium(t)),
	}
	payloads := map[string]payload{
		"json":   {jsonType, jsonChunk, plainSize, joinJSON},
		"binary": {octets, binaryChunk, base64.StdEncoding.EncodedLen, joinBase64},
	}
	for who, source := range sources {
		for kind, content := range payloads {
			t.Run(who+"/"+kind, func(t *testing.T) {
				t.Parallel()
				checkEventSource(t, source, content)
			})
		}
	}
}

func checkEventSource(t *testing.T, source eventSource, content payload) {
	server := startServer(t, "file-fast", env{
		"DS_SERVER__PAGE_BYTES":                  "4096",
		"DS_SERVER__SSE_RECONNECT_INTERVAL_SECS": "1",
	})
	proxy := cutproxy.Start(t, server.Addr(), func(conn int) int64 {
		if conn < cutConnections {
			return cutBudget
		}
		return cutproxy.NoLimit
	})
	w := newSourceWriter(t, server, content)
	w.append(20)
	script := source(t, proxy.URL()+"/v1/stream/"+w.stream+"?offset=-1&live=sse")

	// Caught up in spite of the cuts, then told to reconnect by the server.
	opens := w.awaitReader(script)
	awaitProgress(t, script, func(p progress) bool { return p.Opens > opens })
	w.append(5)
	w.awaitReader(script)
	proxy.CutAll()
	w.append(5)
	w.awaitReader(script)
	w.close()

	var got followed
	script.Await("done", patience).Decode(t, &got)
	w.check(got)
}

// sourceWriter fills one stream and remembers what it wrote.
type sourceWriter struct {
	t       *testing.T
	api     api
	stream  string
	content payload
	chunks  int
	all     []byte
}

func newSourceWriter(t *testing.T, server *weirtest.Server, content payload) *sourceWriter {
	t.Helper()
	w := &sourceWriter{t: t, api: newAPI(t, server.URL()), stream: "events", content: content}
	w.api.create(w.stream, content.contentType, "")
	return w
}

func (w *sourceWriter) append(chunks int) {
	w.t.Helper()
	for range chunks {
		chunk := w.content.chunk(w.chunks)
		w.api.append(w.stream, w.content.contentType, string(chunk))
		w.all = append(w.all, chunk...)
		w.chunks++
	}
}

func (w *sourceWriter) close() {
	w.t.Helper()
	w.api.want(204, "POST", w.stream, wire.Header{"Stream-Closed": "true"}, "")
}

// awaitReader waits until the reader has everything written so far, and returns
// how many connections that took. What events add to the payload is far less
// than one chunk.
func (w *sourceWriter) awaitReader(script *nodejs.Script) int {
	w.t.Helper()
	return awaitProgress(w.t, script, func(p progress) bool {
		return p.Size >= w.content.size(len(w.all))
	}).Opens
}

// progress is how far an EventSource has come: connections opened, and
// characters of payload received.
type progress struct {
	Opens int
	Size  int
}

func awaitProgress(t *testing.T, script *nodejs.Script, enough func(progress) bool) progress {
	t.Helper()
	var p progress
	script.AwaitFunc("progress", patience, func(e nodejs.Event) bool {
		e.Decode(t, &p)
		return enough(p)
	})
	return p
}

func (w *sourceWriter) check(got followed) {
	w.t.Helper()
	if joined := w.content.join(w.t, got.Payloads); !bytes.Equal(joined, w.all) {
		w.t.Errorf("got %d bytes, want the %d written: they differ at byte %d",
			len(joined), len(w.all), firstDifference(joined, w.all))
	}
	for _, bad := range got.BadIDs {
		w.t.Errorf("control event: got id %q, want its offset %q", bad[0], bad[1])
	}
	// The cut ones, the one the server ended, the one cut at last, and one more.
	if want := cutConnections + 3; got.Opens < want {
		w.t.Errorf("got %d connections that opened, want at least %d", got.Opens, want)
	}
}

// nodeEventSource uses npm's eventsource package.
func nodeEventSource(t *testing.T, url string) *nodejs.Script {
	return nodejs.Start(t, ".", "eventsource.mjs", map[string]any{"url": url})
}

// chromiumEventSource uses the browser's, in a page from another origin.
func chromiumEventSource(chromium string) eventSource {
	return func(t *testing.T, url string) *nodejs.Script {
		return inPage(t, chromium, pageServer(t).URL, "followStream", url)
	}
}
