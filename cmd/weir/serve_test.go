package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// loadConfig is the configuration of a server on a free port, with more
// variables on top.
func loadConfig(t *testing.T, environ ...string) config.Config {
	t.Helper()
	cfg, _, err := config.Load(append([]string{"DS_SERVER__PORT=0"}, environ...))
	if err != nil {
		t.Fatalf("load configuration: got %v, want no error", err)
	}
	return cfg
}

func TestServeAnswersUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	cfg := loadConfig(t)
	go func() { done <- serve(ctx, cfg, zerolog.Nop(), func(addr string) { ready <- addr }) }()

	addr := <-ready
	response, err := http.Get("http://" + addr + "/")
	if err != nil {
		t.Fatalf("get from %s: got %v, want an answer", addr, err)
	}
	response.Body.Close()

	stop()
	if err := <-done; err != nil {
		t.Errorf("serve: got %v after a stop, want no error", err)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Errorf("dial %s after serve returned: got a connection, want none", addr)
	}
}

func TestServeFailsOnAPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := loadConfig(t)
	cfg.Server.Port = taken.Addr().(*net.TCPAddr).Port

	err = serve(t.Context(), cfg, zerolog.Nop(), func(string) { t.Error("ready: got a call, want none") })
	if err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("serve: got %v, want an error that names %s", err, taken.Addr())
	}
}

// openRequest starts a server from newHTTPServer whose one request is being
// handled when openRequest returns. The handler ends when release is closed, or
// its connection is cut. answer then gives what the client got.
func openRequest(t *testing.T) (srv *http.Server, release chan struct{}, answer chan error) {
	t.Helper()
	entered := make(chan struct{})
	release, answer = make(chan struct{}), make(chan error, 1)
	handler := func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}
	srv = newHTTPServer(loadConfig(t).Limits, http.HandlerFunc(handler), zerolog.Nop())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(listener)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String())
		if err == nil {
			response.Body.Close()
		}
		answer <- err
	}()
	<-entered
	return srv, release, answer
}

func TestDrainLetsAnOpenRequestFinish(t *testing.T) {
	srv, release, answer := openRequest(t)
	// Shutdown runs this after it stopped accepting and before it waits.
	srv.RegisterOnShutdown(func() { close(release) })
	if err := drainWithin(time.Minute, srv); err != nil {
		t.Errorf("drain: got %v, want no error", err)
	}
	if err := <-answer; err != nil {
		t.Errorf("open request: got %v, want an answer", err)
	}
}

func TestDrainCutsWhatOutlastsTheTimeout(t *testing.T) {
	srv, _, answer := openRequest(t)
	if err := drainWithin(time.Millisecond, srv); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("drain: got %v, want %v", err, context.DeadlineExceeded)
	}
	if err := <-answer; err == nil {
		t.Error("open request: got an answer, want a cut connection")
	}
}

func TestHeaderLimit(t *testing.T) {
	limits := loadConfig(t, "DS_LIMITS__MAX_HEADER_BYTES=4KiB").Limits
	srv := newHTTPServer(limits, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), zerolog.Nop())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(listener)
	defer srv.Close()

	// net/http grants some KiB more than it is told.
	for size, want := range map[int]int{1 << 10: http.StatusOK, 32 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		request, err := http.NewRequest(http.MethodGet, "http://"+listener.Addr().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Long", strings.Repeat("x", size))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatalf("header of %d bytes: got %v, want an answer", size, err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("header of %d bytes: got status %d, want %d", size, response.StatusCode, want)
		}
	}
	if srv.ReadHeaderTimeout <= 0 || srv.IdleTimeout <= 0 || srv.WriteTimeout != 0 {
		t.Errorf("timeouts: got header %v, idle %v, write %v; want the first two set and no third",
			srv.ReadHeaderTimeout, srv.IdleTimeout, srv.WriteTimeout)
	}
}

func TestServeCommandReportsAFailure(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())

	var stderr bytes.Buffer
	status := run(t.Context(), nil, []string{"DS_SERVER__PORT=" + port, "DS_OOPS=1", "DS_INSTANCE_ID=weir-0"}, io.Discard, &stderr)
	if status != exitFailed {
		t.Errorf("status: got %d, want %d", status, exitFailed)
	}
	for _, want := range []string{`"level":"warn","instance":"weir-0","detail":"DS_OOPS is not`, `"level":"error","instance":"weir-0","err":"open listener`} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("log: got %s, want it to contain %s", stderr.String(), want)
		}
	}
}
