package nginx_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nginx"
	"github.com/weirstreams/weir/e2e/internal/nodejs"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// nodeDir is where the scripts and their packages are, seen from here.
const nodeDir = ".."

// followed is what js/follow.mjs has seen.
type followed struct {
	Payloads []string
	Opens    int
	BadIDs   [][2]string
}

// TestEventSource lets a plain EventSource, in Node and in a browser, follow a
// stream while nginx is reloaded and cuts what its old workers hold, and while the
// server is away for so long that the EventSource comes back to find nobody. It
// knows nothing but its Last-Event-ID, and misses and repeats nothing.
func TestEventSource(t *testing.T) {
	nodejs.Require(t, nodeDir)
	chromium := nodejs.RequireChromium(t)
	for who, start := range map[string]func(t *testing.T, url string) *nodejs.Script{
		"node " + http1: func(t *testing.T, url string) *nodejs.Script {
			return nodejs.Start(t, nodeDir, "eventsource.mjs", map[string]any{"url": url, "insecure": true})
		},
		"chromium " + http2: func(t *testing.T, url string) *nodejs.Script {
			return inPage(t, chromium, url)
		},
	} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			_, protocol, _ := strings.Cut(who, " ")
			checkEventSource(t, protocol, start)
		})
	}
}

// inPage follows url in a page of another origin.
func inPage(t *testing.T, chromium, url string) *nodejs.Script {
	t.Helper()
	pages := httptest.NewServer(http.FileServer(http.Dir(nodeDir + "/js")))
	t.Cleanup(pages.Close)
	return nodejs.Start(t, nodeDir, "browser.mjs", map[string]any{
		"chromium": chromium, "page": pages.URL + "/page.html", "run": "followStream", "url": url, "insecure": true,
	})
}

func checkEventSource(t *testing.T, protocol string, start func(*testing.T, string) *nodejs.Script) {
	s := newStage(t, "file-fast", nil,
		nginx.Change{From: "worker_shutdown_timeout 30s;", To: "worker_shutdown_timeout 100ms;"})
	w := &numberWriter{s: s, c: s.client(http1)}
	s.create(w.c, "numbers", jsonType, "")
	w.add(10)
	script := start(t, s.proxy.URL()+"/v1/stream/numbers?offset=-1&live=sse")
	opens := w.awaitReader(script)

	s.proxy.Reload()
	opens = awaitOpen(t, script, opens)
	w.add(10)
	w.awaitReader(script)

	s.server.Stop()
	await(t, "request while the server was away", func() bool {
		return cameBack(s.proxy.Served(), protocol)
	})
	s.server.Restart()
	awaitOpen(t, script, opens)
	w.add(10)
	w.close()

	var got followed
	script.Await("done", patience).Decode(t, &got)
	w.check(got)
}

// cameBack reports whether an EventSource has asked for a server that was not there
// and was told to ask again, and by which protocol.
func cameBack(served, protocol string) bool {
	for line := range strings.Lines(served) {
		if strings.Contains(line, protocol+`" 200 `) && strings.Contains(line, "upstream=502") {
			return true
		}
	}
	return false
}

// numberWriter appends numbers, one by one.
type numberWriter struct {
	s    stage
	c    *wire.Client
	next int
	size int // characters of payload, as an EventSource gets each message alone
}

func (w *numberWriter) add(n int) {
	w.s.t.Helper()
	for range n {
		message := fmt.Sprintf("[%d]", w.next)
		w.s.append(w.c, "numbers", jsonType, message)
		w.next++
		w.size += len(message) - 1 // messages may share a page, and its brackets
	}
}

func (w *numberWriter) close() {
	w.s.t.Helper()
	w.s.want(http.StatusNoContent, w.c, wire.Request{
		Method: http.MethodPost, Stream: "numbers", Header: wire.Header{"Stream-Closed": "true"},
	})
}

// progress is how far an EventSource has come: connections opened, and characters
// of payload received.
type progress struct {
	Opens, Size int
}

// awaitReader waits until the reader has what was written, and returns how many
// connections it has opened so far.
func (w *numberWriter) awaitReader(script *nodejs.Script) int {
	w.s.t.Helper()
	return awaitProgress(w.s.t, script, func(p progress) bool { return p.Size >= w.size })
}

// awaitOpen waits for a connection more than the reader had.
func awaitOpen(t *testing.T, script *nodejs.Script, opens int) int {
	t.Helper()
	return awaitProgress(t, script, func(p progress) bool { return p.Opens > opens })
}

func awaitProgress(t *testing.T, script *nodejs.Script, enough func(progress) bool) int {
	t.Helper()
	var p progress
	script.AwaitFunc("progress", patience, func(e nodejs.Event) bool {
		e.Decode(t, &p)
		return enough(p)
	})
	return p.Opens
}

func (w *numberWriter) check(got followed) {
	t := w.s.t
	t.Helper()
	var numbers []int
	for _, payload := range got.Payloads {
		var part []int
		if err := json.Unmarshal([]byte(payload), &part); err != nil {
			t.Fatalf("data event %q: %v", payload, err)
		}
		numbers = append(numbers, part...)
	}
	checkNumbers(t, "EventSource", numbers, w.next)
	for _, bad := range got.BadIDs {
		t.Errorf("control event: got id %q, want its offset %q", bad[0], bad[1])
	}
}

// checkNumbers wants 0, 1, 2 and so on, count in all.
func checkNumbers(t *testing.T, who string, got []int, count int) {
	t.Helper()
	for i, n := range got {
		if n != i {
			t.Errorf("%s: got message %d at position %d, want %d", who, n, i, i)
			return
		}
	}
	if len(got) != count {
		t.Errorf("%s: got %d messages, want %d", who, len(got), count)
	}
}
