package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// patience bounds every wait for something that must come.
const patience = 10 * time.Second

// server is a handler behind a real listener.
type server struct {
	t       *testing.T
	engine  *stream.Engine
	handler *httpapi.Handler
	addr    string
	// unseated has subscribers answered by net/http, as with TLS, and not on
	// connections that are taken over from it.
	unseated bool
}

// serve starts a server on a memory store.
func serve(t *testing.T, o httpapi.Options) *server {
	return serveStore(t, memstore.New(nil), nil, o)
}

// eachOutlet runs a test with both ways to a subscriber.
func eachOutlet(t *testing.T, f func(t *testing.T, serve func(httpapi.Options) *server)) {
	for name, unseated := range map[string]bool{"seat": false, "response": true} {
		t.Run(name, func(t *testing.T) {
			f(t, func(o httpapi.Options) *server {
				return serveOn(&server{t: t, unseated: unseated}, memstore.New(nil), nil, o)
			})
		})
	}
}

func serveStore(t *testing.T, st store.Store, eo *stream.Options, o httpapi.Options) *server {
	t.Helper()
	return serveOn(&server{t: t}, st, eo, o)
}

func serveOn(s *server, st store.Store, eo *stream.Options, o httpapi.Options) *server {
	t := s.t
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if o.Names == (limits.Names{}) {
		o.Names = limits.Names{MaxBytes: 64, MaxSegments: 4}
	}
	e := stream.New(st, eo)
	s.engine, s.handler, s.addr = e, httpapi.New(e, o), l.Addr().String()
	srv := &http.Server{Handler: s.handler, MaxHeaderBytes: 8 << 10, ReadHeaderTimeout: patience}
	if !s.unseated {
		srv.ConnContext = s.handler.ConnContext
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(s.handler.Listener(l)) }()
	t.Cleanup(func() {
		srv.Close()
		<-served
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.handler.Close(ctx); err != nil {
			t.Errorf("close of the handler: %v", err)
		}
		e.Close()
		st.Close()
	})
	return s
}

// request writes a request as it goes over the wire, with a Content-Length when
// there is a body. Headers are whole lines.
func request(method, path, body string, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: weir.test\r\n", method, path)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	} else if method == "POST" || method == "PUT" {
		b.WriteString("Content-Length: 0\r\n")
	}
	return b.String() + "\r\n" + body
}

// wire is one connection.
type wire struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (s *server) dial() *wire {
	s.t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	w := &wire{Conn: c, t: s.t, r: bufio.NewReader(c)}
	s.t.Cleanup(func() { c.Close() })
	return w
}

func (w *wire) send(raw string) {
	w.t.Helper()
	if _, err := io.WriteString(w, raw); err != nil {
		w.t.Fatalf("send: %v", err)
	}
}

// head reads the answer's header, for a request by the given method.
func (w *wire) head(method string) *http.Response {
	w.t.Helper()
	res, err := http.ReadResponse(w.r, &http.Request{Method: method})
	if err != nil {
		w.t.Fatalf("read answer: %v", err)
	}
	return res
}

// answer is a whole answer.
type answer struct {
	*http.Response
	body string
}

func (w *wire) answer(method string) answer {
	w.t.Helper()
	res := w.head(method)
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatalf("read body: %v", err)
	}
	if res.Close { // the client side takes the header away
		res.Header.Set("Connection", "close")
	}
	return answer{res, string(b)}
}

// raw sends a request on a connection of its own and returns the answer.
func (s *server) raw(raw string) answer {
	s.t.Helper()
	w := s.dial()
	defer w.Close()
	w.send(raw)
	method, _, _ := strings.Cut(raw, " ")
	return w.answer(method)
}

// do is raw with the parts of a request; the path follows the base path.
func (s *server) do(method, path, body string, headers ...string) answer {
	s.t.Helper()
	return s.raw(request(method, "/v1/stream/"+path, body, headers...))
}

// must is do for a request that has to succeed with a status.
func (s *server) must(status int, method, path, body string, headers ...string) answer {
	s.t.Helper()
	a := s.do(method, path, body, headers...)
	if a.StatusCode != status {
		s.t.Fatalf("%s %s: got %d %s, want %d", method, path, a.StatusCode, a.body, status)
	}
	return a
}

// problem is what a body of application/problem+json says.
type problem struct {
	Type, Title, Detail string
	Status              int
}

const problemBase = "https://github.com/weirstreams/weir#problem-"

// wantProblem checks all that every refusal has in common.
func wantProblem(t *testing.T, a answer, status int, slug string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status: got %d with %s, want %d", a.StatusCode, a.body, status)
	}
	wantHeaders(t, a, map[string]string{
		"Content-Type":                 "application/problem+json",
		"Cache-Control":                "no-store",
		"X-Content-Type-Options":       "nosniff",
		"Cross-Origin-Resource-Policy": "cross-origin",
		"Access-Control-Allow-Origin":  "*",
	})
	if got := a.ContentLength; a.body != "" && got != int64(len(a.body)) {
		t.Errorf("Content-Length: got %d, want %d", got, len(a.body))
	}
	if a.body == "" && a.Request.Method == "HEAD" {
		return
	}
	var p problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("body %q: got %v, want JSON", a.body, err)
	}
	if p.Type != problemBase+slug || p.Status != status || p.Title != http.StatusText(status) || p.Detail == "" {
		t.Errorf("problem: got %+v, want %d %s with a detail", p, status, slug)
	}
	for _, leak := range []string{".go:", "/work", "/root", "/tmp", "goroutine", "0x"} {
		if strings.Contains(a.body, leak) {
			t.Errorf("problem: got %q in %s, want nothing of the inside", leak, a.body)
		}
	}
}

// wantHeaders checks headers; "" stands for one that must be absent.
func wantHeaders(t *testing.T, a answer, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := strings.Join(a.Header.Values(name), " | "); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
}
