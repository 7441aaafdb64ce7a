// Package cutproxy is a TCP proxy that breaks connections on purpose, in the
// middle of whatever the server was saying.
//
// Each connection may carry a budget of bytes from the server to the client;
// when it is used up, the client's side is cut exactly there. Connections with
// even numbers end with a FIN, as behind a proxy that restarts, and those with
// odd numbers with a reset, as when a machine goes away.
package cutproxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// NoLimit is the budget of a connection that is only cut by CutAll.
const NoLimit int64 = -1

// Proxy forwards connections to one address. Its methods may be called from
// any goroutine.
type Proxy struct {
	target   string
	budget   func(conn int) int64
	listener net.Listener
	running  sync.WaitGroup

	mu       sync.Mutex
	closed   bool                 // guarded by mu
	accepted int                  // guarded by mu
	clients  map[int]*net.TCPConn // guarded by mu: open connections by number
}

// Start listens on a free port of 127.0.0.1 until the test ends. budget tells
// how many bytes of answers the connection with the given number, counted from
// 0, may carry; its calls do not overlap.
func Start(t testing.TB, target string, budget func(conn int) int64) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	p := &Proxy{
		target:   target,
		budget:   budget,
		listener: listener,
		clients:  make(map[int]*net.TCPConn),
	}
	p.running.Go(p.acceptAll)
	t.Cleanup(p.close)
	return p
}

// URL returns the origin that clients use to come through the proxy.
func (p *Proxy) URL() string {
	return "http://" + p.listener.Addr().String()
}

// CutAll cuts every connection that is open now.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for number, client := range p.clients {
		cut(number, client)
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.listener.Close()
	p.CutAll()
	p.running.Wait()
}

func (p *Proxy) acceptAll() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client.(*net.TCPConn)) })
	}
}

// register gives the connection its number, or reports that the proxy is
// closing.
func (p *Proxy) register(client *net.TCPConn) (number int, budget int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, 0, false
	}
	number = p.accepted
	p.accepted++
	p.clients[number] = client
	return number, p.budget(number), true
}

func (p *Proxy) forget(number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.clients, number)
}

func (p *Proxy) serve(client *net.TCPConn) {
	defer client.Close()
	number, budget, ok := p.register(client)
	if !ok {
		return
	}
	defer p.forget(number)
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()

	p.running.Go(func() {
		// The client hung up, or was cut: the server must learn of it.
		_, _ = io.Copy(server, client)
		server.Close()
	})
	err = copyAnswers(client, server, budget)
	if errors.Is(err, errBudget) {
		cut(number, client)
	}
}

var errBudget = errors.New("the connection's budget is used up")

func copyAnswers(client io.Writer, server io.Reader, budget int64) error {
	if budget == NoLimit {
		_, err := io.Copy(client, server)
		return err
	}
	n, err := io.CopyN(client, server, budget)
	if n == budget {
		return errBudget
	}
	return err
}

// cut closes the connection in the way its number says.
func cut(number int, client *net.TCPConn) {
	if number%2 == 1 {
		_ = client.SetLinger(0)
	}
	client.Close()
}
