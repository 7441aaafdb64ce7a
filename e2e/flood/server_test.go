package flood_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// maxMemory is DS_LIMITS__MAX_MEMORY_BYTES: in memory mode the largest stream here
// has to fit.
const maxMemory = 128 << 20

// server is a weir process that is about to be attacked.
type server struct {
	*weirtest.Server
	admin  string // origin of the admin listener
	client *http.Client
}

// start runs a server of a mode. Each attack has one of its own, so that nothing
// an earlier one left behind hides what this one costs.
func start(t *testing.T, mode string) *server {
	t.Helper()
	admin := fmt.Sprintf("127.0.0.1:%d", weirtest.FreePort(t))
	cfg := weirtest.Config{Binary: weirBinary, Mode: mode, Env: map[string]string{
		"DS_ADMIN__LISTEN":              admin,
		"DS_LIMITS__MAX_MEMORY_BYTES":   fmt.Sprint(maxMemory),
		"DS_LIMITS__MAX_STREAM_BYTES":   "0",
		"DS_LIMITS__MAX_STREAMS":        "1000",
		"DS_LOG__LEVEL":                 "warn",
		"DS_LIMITS__MAX_HEADER_BYTES":   fmt.Sprint(maxHeader),
		"DS_LIMITS__MAX_APPEND_BYTES":   fmt.Sprint(maxAppend),
		"DS_SERVER__PAGE_BYTES":         fmt.Sprint(pageBytes),
		"DS_SERVER__SSE_KEEPALIVE_SECS": "1",
	}}
	if mode != "memory" {
		cfg.Dir = t.TempDir()
	}
	s := &server{
		Server: weirtest.Start(t, cfg),
		admin:  "http://" + admin,
		// A connection for each request: one that is kept would be counted.
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	return s
}

// Defaults of the server that the budgets are made of, set so that they are
// written down once.
const (
	maxHeader = 32 << 10
	maxAppend = 10 << 20
	pageBytes = 1 << 20
)

// create makes a text stream and appends size bytes to it.
func (s *server) create(t *testing.T, name string, size int) {
	t.Helper()
	c := wire.New(s.URL(), 1)
	defer c.Close()
	text := wire.Header{"Content-Type": "text/plain"}
	mustDo(t, c, wire.Request{Method: http.MethodPut, Stream: name, Header: text})
	for size > 0 {
		n := min(size, len(filler))
		mustDo(t, c, wire.Request{Method: http.MethodPost, Stream: name, Header: text, Body: filler[:n]})
		size -= n
	}
}

func mustDo(t *testing.T, c *wire.Client, r wire.Request) wire.Response {
	t.Helper()
	resp, err := c.Do(context.Background(), r)
	if err != nil || resp.Status >= 300 {
		t.Fatalf("%s %s: got status %d, error %v, want success", r.Method, r.Stream, resp.Status, err)
	}
	return resp
}
