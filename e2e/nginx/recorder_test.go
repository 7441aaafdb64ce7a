package nginx_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// exchange is one request of nginx and the status the server gave it.
type exchange struct {
	method, uri, proto string
	header             http.Header
	status             int
}

// recorder stands between nginx and the server, passes every byte on as it came,
// and remembers what was asked. It expects each request to be read to its end
// before it is answered.
type recorder struct {
	target      string
	listener    net.Listener
	connections atomic.Int64
	bodyBytes   atomic.Int64 // of requests, so far
	running     sync.WaitGroup

	mu        sync.Mutex
	exchanges []exchange            // guarded by mu
	open      map[net.Conn]struct{} // guarded by mu
}

func startRecorder(t *testing.T, target string) *recorder {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{target: target, listener: listener, open: make(map[net.Conn]struct{})}
	r.running.Go(r.accept)
	t.Cleanup(r.close)
	return r
}

func (r *recorder) addr() string {
	return r.listener.Addr().String()
}

// of returns what was asked of one URI by a method, and answered.
func (r *recorder) of(method, uri string) []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []exchange
	for _, e := range r.exchanges {
		if e.method == method && e.uri == uri {
			found = append(found, e)
		}
	}
	return found
}

// count returns how many requests were answered.
func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.exchanges)
}

func (r *recorder) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.connections.Add(1)
		r.running.Go(func() { r.serve(client) })
	}
}

func (r *recorder) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer server.Close()
	r.keep(client, server)
	defer r.forget(client, server)
	requests := bufio.NewReader(io.TeeReader(client, server))
	gate := &gate{to: client}
	answers := bufio.NewReader(io.TeeReader(server, gate))
	for r.pass(requests, answers, gate) == nil {
	}
}

// pass waits until one request and its answer have gone through. Whoever has seen
// the answer finds the exchange recorded.
func (r *recorder) pass(requests, answers *bufio.Reader, gate *gate) error {
	req, err := http.ReadRequest(requests)
	if err != nil {
		return err
	}
	if _, err := io.Copy(counter{&r.bodyBytes}, req.Body); err != nil {
		return err
	}
	gate.open = false
	resp, err := http.ReadResponse(answers, req)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.exchanges = append(r.exchanges, exchange{req.Method, req.RequestURI, req.Proto, req.Header, resp.StatusCode})
	r.mu.Unlock()
	if err := gate.flush(); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.Close {
		return io.EOF
	}
	return nil
}

func (r *recorder) keep(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		r.open[c] = struct{}{}
	}
}

func (r *recorder) forget(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		delete(r.open, c)
	}
}

// close cuts every connection and waits until nothing runs any more.
func (r *recorder) close() {
	r.listener.Close()
	r.mu.Lock()
	for c := range r.open {
		c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

// gate holds back what is written to it until it is opened. It is used by one
// goroutine.
type gate struct {
	to   io.Writer
	open bool
	held []byte
}

func (g *gate) Write(b []byte) (int, error) {
	if g.open {
		return g.to.Write(b)
	}
	g.held = append(g.held, b...)
	return len(b), nil
}

// flush opens the gate.
func (g *gate) flush() error {
	held := g.held
	g.open, g.held = true, nil
	_, err := g.to.Write(held)
	return err
}

// counter counts what is written to it.
type counter struct {
	n *atomic.Int64
}

func (c counter) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	return len(b), nil
}
