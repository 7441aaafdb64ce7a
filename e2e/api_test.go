package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// The storage modes a server can run in. Those that keep data over a restart
// are in durableModes.
var (
	allModes     = []string{"memory", "file-fast", "file-durable", "acid"}
	durableModes = []string{"file-fast", "file-durable", "acid"}
)

// patience is how long a test waits for something that should take moments.
const patience = 60 * time.Second

// env holds DS_* variables.
type env map[string]string

// startServer runs weir in the given mode, in a directory of its own.
func startServer(t *testing.T, mode string, vars env) *weirtest.Server {
	t.Helper()
	cfg := weirtest.Config{Binary: weirBinary, Mode: mode, Env: vars}
	if mode != "memory" {
		cfg.Dir = t.TempDir()
	}
	return weirtest.Start(t, cfg)
}

// api is a wire.Client for code that cannot go on without an answer: each
// method fails the test when something else comes back than it asks for. Use
// it from the test's goroutine.
type api struct {
	t      *testing.T
	client *wire.Client
}

func newAPI(t *testing.T, origin string) api {
	t.Helper()
	client := wire.New(origin, 16)
	t.Cleanup(client.Close)
	return api{t, client}
}

// with returns the same api for a subtest.
func (a api) with(t *testing.T) api {
	return api{t, a.client}
}

// do sends a request and returns the answer, whatever its status.
func (a api) do(method, stream string, header wire.Header, body string) wire.Response {
	a.t.Helper()
	resp, err := a.client.Do(context.Background(), wire.Request{
		Method: method, Stream: stream, Header: header, Body: []byte(body),
	})
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, stream, err)
	}
	return resp
}

// want sends a request that must be answered with status.
func (a api) want(status int, method, stream string, header wire.Header, body string) wire.Response {
	a.t.Helper()
	resp := a.do(method, stream, header, body)
	if resp.Status != status {
		a.t.Fatalf("%s %s: got status %d, want %d: %s", method, stream, resp.Status, status, resp.Body)
	}
	return resp
}

// create makes a stream with a first body, which may be empty.
func (a api) create(stream, contentType, body string) wire.Response {
	a.t.Helper()
	return a.want(201, "PUT", stream, wire.Header{"Content-Type": contentType}, body)
}

// append adds a body without any guarantee against repeats.
func (a api) append(stream, contentType, body string) wire.Response {
	a.t.Helper()
	return a.want(204, "POST", stream, wire.Header{"Content-Type": contentType}, body)
}

// text returns all of a stream's bytes.
func (a api) text(stream string) string {
	a.t.Helper()
	return string(a.read(stream, "-1").Bytes)
}

func (a api) read(stream, offset string) wire.Content {
	a.t.Helper()
	content, err := a.client.ReadAll(context.Background(), stream, offset)
	if err != nil {
		a.t.Fatal(err)
	}
	return content
}

// messages returns all messages of a JSON stream as they were stored.
func (a api) messages(stream string) []string {
	a.t.Helper()
	raw, _, err := a.client.ReadMessages(context.Background(), stream, "-1")
	if err != nil {
		a.t.Fatal(err)
	}
	messages := make([]string, len(raw))
	for i, m := range raw {
		messages[i] = string(m)
	}
	return messages
}

const (
	octets    = "application/octet-stream"
	plainText = "text/plain"
	jsonType  = "application/json"
)
