package nginx_test

import (
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/nginx"
	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// confFile is the configuration under test.
const confFile = "../../docker/nginx.conf"

// patience is how long a test waits for something that should take moments.
const patience = 60 * time.Second

const (
	jsonType  = "application/json"
	plainText = "text/plain"
)

// Protocols that clients speak with nginx.
const (
	http1 = "HTTP/1.1"
	http2 = "HTTP/2.0"
)

var protocols = []string{http1, http2}

// env holds DS_* variables.
type env map[string]string

// stage is a server behind nginx.
type stage struct {
	t      *testing.T
	server *weirtest.Server
	proxy  *nginx.Proxy
}

// newStage starts a server and nginx in front of it, with further changes to
// nginx's configuration.
func newStage(t *testing.T, mode string, vars env, changes ...nginx.Change) stage {
	t.Helper()
	nginx.Require(t)
	server := startServer(t, mode, vars)
	return stage{t, server, nginx.Start(t, confFile, server.Addr(), changes...)}
}

// newRecordedStage is newStage with a recorder between nginx and the server.
func newRecordedStage(t *testing.T, vars env, changes ...nginx.Change) (stage, *recorder) {
	t.Helper()
	nginx.Require(t)
	server := startServer(t, "memory", vars)
	seen := startRecorder(t, server.Addr())
	return stage{t, server, nginx.Start(t, confFile, seen.addr(), changes...)}, seen
}

func startServer(t *testing.T, mode string, vars env) *weirtest.Server {
	t.Helper()
	cfg := weirtest.Config{Binary: weirBinary, Mode: mode, Env: env{"DS_HTTP__TRUSTED_PROXIES": "127.0.0.1"}}
	for name, value := range vars {
		cfg.Env[name] = value
	}
	if mode != "memory" {
		cfg.Dir = t.TempDir()
	}
	return weirtest.Start(t, cfg)
}

// transport speaks the protocol and no other, without compression of its own.
func (s stage) transport(protocol string) *http.Transport {
	return &http.Transport{
		TLSClientConfig:     s.tls(),
		Protocols:           only(protocol),
		DisableCompression:  true,
		MaxIdleConnsPerHost: 128,
	}
}

func (s stage) tls() *tls.Config {
	return s.proxy.TLS()
}

func only(protocol string) *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(protocol == http1)
	p.SetHTTP2(protocol == http2)
	return &p
}

// client returns a client of its own connections, which ends with the test.
func (s stage) client(protocol string) *wire.Client {
	c := wire.Over(s.proxy.URL(), s.transport(protocol))
	s.t.Cleanup(c.Close)
	return c
}

// with returns the same stage for a subtest.
func (s stage) with(t *testing.T) stage {
	s.t = t
	return s
}

// want sends a request that must be answered with status.
func (s stage) want(status int, c *wire.Client, r wire.Request) wire.Response {
	s.t.Helper()
	resp, err := c.Do(s.t.Context(), r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", r.Method, r.Stream, err)
	}
	if resp.Status != status {
		s.t.Fatalf("%s %s: got status %d, want %d: %.500s", r.Method, r.Stream, resp.Status, status, resp.Body)
	}
	return resp
}

// create makes a stream with a first body, which may be empty.
func (s stage) create(c *wire.Client, stream, contentType, body string) wire.Response {
	s.t.Helper()
	return s.want(http.StatusCreated, c, wire.Request{
		Method: http.MethodPut, Stream: stream, Header: wire.Header{"Content-Type": contentType}, Body: []byte(body),
	})
}

// append adds a body and returns the offset behind it.
func (s stage) append(c *wire.Client, stream, contentType, body string) string {
	s.t.Helper()
	return s.want(http.StatusNoContent, c, wire.Request{
		Method: http.MethodPost, Stream: stream, Header: wire.Header{"Content-Type": contentType}, Body: []byte(body),
	}).Offset()
}

// get reads a URL, with a header if it is not nil.
func (s stage) get(status int, c *wire.Client, url string, header wire.Header) wire.Response {
	s.t.Helper()
	return s.want(status, c, wire.Request{Method: http.MethodGet, Stream: url, Header: header})
}
