package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// headerTimeout is that of a server below: short, so that a connection of HTTP/2
// soon outlives it.
const headerTimeout = 50 * time.Millisecond

// serveH2C starts a server that speaks HTTP/2 without TLS as well, behind the
// connections that HTTP/1.1 is served on, and returns a client that speaks nothing
// else, on one connection, and the number of connections that it has made.
func serveH2C(t *testing.T, o httpapi.Options, adjust ...func(*http.Server)) (base string, client *http.Client, dialled *int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := stream.New(memstore.New(nil), nil)
	h := httpapi.New(e, o)
	both, only := new(http.Protocols), new(http.Protocols)
	both.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	only.SetUnencryptedHTTP2(true)
	srv := &http.Server{Handler: h, ConnContext: h.ConnContext, Protocols: both, ReadHeaderTimeout: headerTimeout}
	for _, f := range adjust {
		f(srv)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(h.Listener(l)) }()
	dialled = new(int)
	transport := &http.Transport{
		Protocols: only,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			*dialled++
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		srv.Close()
		<-served
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("close of the handler: %v", err)
		}
		e.Close()
	})
	return "http://" + l.Addr().String() + "/v1/stream/", &http.Client{Transport: transport, Timeout: patience}, dialled
}

// exchange makes one request, whose answer must have the given status.
func exchange(t *testing.T, client *http.Client, status int, method, url, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/plain")
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: read body: %v", method, url, err)
	}
	if res.ProtoMajor != 2 || res.StatusCode != status {
		t.Fatalf("%s %s: got %s with status %d, want HTTP/2 and %d: %.200s", method, url, res.Proto, res.StatusCode, status, got)
	}
	return string(got)
}

// TestH2C: on the plain port HTTP/2 is served with nothing of what is done to
// connections of HTTP/1.1: a frame of one byte is no look for the client's
// leaving, and the time for a header does not end a connection that rests.
func TestH2C(t *testing.T) {
	base, client, dialled := serveH2C(t, httpapi.Options{})
	exchange(t, client, 201, "PUT", base+"s", "")
	first := *dialled // one that is slow to begin is given up
	res, err := client.Get(base + "s?offset=-1&live=sse")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := lineReader{r: res.Body}

	var want string
	for i := range 20 {
		piece := string(rune('a' + i))
		exchange(t, client, 204, "POST", base+"s", piece) // a frame of one byte
		want += piece
		if got := exchange(t, client, 200, "GET", base+"s?offset=-1", ""); got != want {
			t.Fatalf("read: got %q, want %q", got, want)
		}
		for !strings.Contains(nextLine(t, &lines), "data:"+piece) {
		}
		if i%5 == 0 {
			<-time.After(headerTimeout + headerTimeout/2)
		}
	}
	exchange(t, client, 204, "DELETE", base+"s", "")
	if *dialled != first {
		t.Errorf("connections: got %d more, want all on one", *dialled-first)
	}
}

func nextLine(t *testing.T, lines *lineReader) string {
	t.Helper()
	line, err := lines.line()
	if err != nil {
		t.Fatalf("SSE: got %v, want another line", err)
	}
	return strings.ReplaceAll(line, ": ", ":")
}

// A refused body does not cost the other requests on the connection anything.
func TestH2CRefusalKeepsTheConnection(t *testing.T) {
	base, client, dialled := serveH2C(t, httpapi.Options{MaxAppendBytes: 10, BodyTimeout: 10 * time.Millisecond})
	exchange(t, client, 201, "PUT", base+"s", "")
	first := *dialled
	for range 3 {
		r, w := io.Pipe() // a body that never comes
		req, err := http.NewRequest("POST", base+"s", r)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "text/plain")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		w.Close()
		if res.StatusCode != 408 {
			t.Errorf("body that never comes: got %d, want 408", res.StatusCode)
		}
		exchange(t, client, 204, "POST", base+"s", "x")
	}
	if *dialled != first {
		t.Errorf("connections: got %d more, want all on one", *dialled-first)
	}
}

// deaf is a client's connection from which nothing is read.
type deaf struct {
	net.Conn
	closed <-chan struct{}
}

func (d deaf) Read([]byte) (int, error) {
	<-d.closed
	return 0, net.ErrClosed
}

// TestH2CStalledConnectionEnds: the bound on a connection that takes no byte at all
// holds on connections of ours.
func TestH2CStalledConnectionEnds(t *testing.T) {
	var stalled atomic.Value // the address of the client's end
	closed := make(chan struct{})
	base, client, _ := serveH2C(t, httpapi.Options{}, func(srv *http.Server) {
		srv.HTTP2 = &http.HTTP2Config{WriteByteTimeout: 50 * time.Millisecond}
		srv.ConnState = func(c net.Conn, state http.ConnState) {
			if state == http.StateClosed && c.RemoteAddr().String() == stalled.Load() {
				close(closed)
			}
		}
	})
	exchange(t, client, 201, "PUT", base+"s", strings.Repeat("x", 1<<20))
	c, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(base, "http://"), "/v1/stream/"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stalled.Store(c.LocalAddr().String())
	dials := make(chan net.Conn, 1)
	dials <- deaf{c, closed}
	transport := &http.Transport{
		Protocols: client.Transport.(*http.Transport).Protocols,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case c := <-dials:
				return c, nil
			case <-closed: // all have to share the one
				return nil, net.ErrClosed
			}
		},
	}
	var reading sync.WaitGroup
	for range 20 { // more than the kernel keeps for a connection
		reading.Go(func() {
			if res, err := (&http.Client{Transport: transport}).Get(base + "s?offset=-1"); err == nil {
				res.Body.Close()
				t.Error("read: got an answer, want the connection closed")
			}
		})
	}
	select {
	case <-closed:
		reading.Wait()
	case <-time.After(patience):
		t.Fatal("stalled connection: got nothing, want its end")
	}
	if got := exchange(t, client, 200, "GET", base+"s?offset=-1", ""); len(got) != 1<<20 {
		t.Errorf("read on another connection: got %d bytes, want them all", len(got))
	}
}

// pinging is a client's connection that asks for signs of life without end, so that
// the server has always just read from it.
type pinging struct {
	net.Conn
	mu    sync.Mutex    // one frame after the other
	asked chan struct{} // a place for each that may be without an answer
}

// ping is a frame of RFC 9113, section 6.7, whose answer repeats the payload.
var (
	payload = []byte("weir.th.")
	ping    = append([]byte("\x00\x00\x08\x06\x00\x00\x00\x00\x00"), payload...)
)

func (p *pinging) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Conn.Write(b)
}

func (p *pinging) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	for range bytes.Count(b[:n], payload) {
		<-p.asked
	}
	return n, err
}

// keepAsking returns when the connection or ctx ends. A server takes too many pings at a
// time for an attack.
func (p *pinging) keepAsking(ctx context.Context) {
	for {
		select {
		case p.asked <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if _, err := p.Write(ping); err != nil {
			return
		}
	}
}

// TestH2CForgedContent: content that looks like an answer of net/http is left
// alone wherever the frames cut it, also while the client's frames come between.
func TestH2CForgedContent(t *testing.T) {
	base, client, _ := serveH2C(t, httpapi.Options{})
	var conn *pinging
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		conn = &pinging{Conn: c, asked: make(chan struct{}, 100)}
		return conn, err
	}
	const forged = "HTTP/1.1 417 "
	content := make([]string, len(forged)) // every alignment
	for i := range content {
		content[i] = strings.Repeat(".", i) + strings.Repeat(forged, 8000/len(forged))
		exchange(t, client, 201, "PUT", base+strconv.Itoa(i), content[i])
	}
	go conn.keepAsking(t.Context())
	defer conn.Close()
	for range 30 {
		for i, want := range content {
			if got := exchange(t, client, 200, "GET", base+strconv.Itoa(i)+"?offset=-1", ""); got != want {
				t.Fatalf("content with %d bytes before: got it changed", i)
			}
		}
	}
}
