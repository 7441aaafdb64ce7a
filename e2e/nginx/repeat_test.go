package nginx_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nginx"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestAppendsAreNotRepeated breaks a connection that was kept when an append has
// come in on it, as a server does that goes away. Whether it was stored nobody but
// the client can find out, so nginx must not send it again.
func TestAppendsAreNotRepeated(t *testing.T) {
	t.Parallel()
	nginx.Require(t)
	server := startForgetful(t)
	s := stage{t: t, proxy: nginx.Start(t, confFile, server.addr,
		// One worker, so that the append finds the connection of the read.
		nginx.Change{From: "worker_processes auto;", To: "worker_processes 1;"})}
	c := s.client(http2)
	s.get(http.StatusOK, c, "any", nil)
	s.want(http.StatusBadGateway, c, wire.Request{Method: http.MethodPost, Stream: "any", Body: []byte("x")})
	if got := server.requests.Load(); got != 2 {
		t.Errorf("got %d requests at the server, want the read and one append", got)
	}
}

// forgetful is a server that answers the first request of a connection and hangs
// up on the second.
type forgetful struct {
	addr     string
	requests atomic.Int64
}

func startForgetful(t *testing.T) *forgetful {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	f := &forgetful{addr: listener.Addr().String()}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	return f
}

func (f *forgetful) serve(c net.Conn) {
	defer c.Close()
	requests := bufio.NewReader(c)
	for first := true; f.read(requests) && first; first = false {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	}
}

// read reports whether a whole request came.
func (f *forgetful) read(requests *bufio.Reader) bool {
	req, err := http.ReadRequest(requests)
	if err != nil {
		return false
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return false
	}
	f.requests.Add(1)
	return true
}
