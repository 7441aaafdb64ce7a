package flood_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience bounds every write and read of an attacker.
const patience = 20 * time.Second

// siege is an attack under way. Its goroutines are few and send bytes that were
// made before, so that the processor time of the attackers is not what is measured.
type siege struct {
	t   *testing.T
	s   *server
	ctx context.Context // ends with the siege

	cancel  context.CancelFunc
	running sync.WaitGroup
	dialled atomic.Uint32
	// options sets what the connections that follow need.
	options func(network, address string, c syscall.RawConn) error

	mu    sync.Mutex // guards conns
	conns map[net.Conn]bool

	// checks run when the group has been measured and the attack goes on.
	checks []func()
}

func lay(t *testing.T, s *server) *siege {
	g := &siege{t: t, s: s, conns: make(map[net.Conn]bool)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	return g
}

// lift ends the attack. It may be called twice.
func (g *siege) lift() {
	g.cancel()
	g.mu.Lock()
	for c := range g.conns {
		c.Close()
	}
	g.conns = nil
	g.mu.Unlock()
	g.running.Wait()
}

func (g *siege) over() bool { return g.ctx.Err() != nil }

// check has something looked at while the attack goes on.
func (g *siege) check(f func()) { g.checks = append(g.checks, f) }

// spawn runs f n times at once.
func (g *siege) spawn(n int, f func(i int)) {
	for i := range n {
		g.running.Go(func() { f(i) })
	}
}

// every runs f at a rate until the siege ends or f has had enough.
func (g *siege) every(d time.Duration, f func(i int) (more bool)) {
	g.running.Go(func() {
		tick := time.NewTicker(d)
		defer tick.Stop()
		for i := 0; f(i); i++ {
			select {
			case <-tick.C:
			case <-g.ctx.Done():
				return
			}
		}
	})
}

// dial opens a connection that ends with the siege; nil when that is over. The
// clients have many addresses, since the ports of one do not last long.
func (g *siege) dial() net.Conn {
	i := g.dialled.Add(1)
	from := net.IPv4(127, 0, 1+byte(i>>6%200), 1+byte(i%64))
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}, Timeout: patience, Control: g.options}
	c, err := d.DialContext(g.ctx, "tcp", g.s.Addr())
	if err != nil {
		if !g.over() {
			g.t.Errorf("connect: %v", err)
		}
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conns == nil {
		c.Close()
		return nil
	}
	g.conns[c] = true
	return c
}

// dialMany opens n connections and has each send the same bytes.
func (g *siege) dialMany(n int, first string) []net.Conn {
	conns := make([]net.Conn, 0, n)
	for range n {
		c := g.dial()
		if c == nil {
			return conns
		}
		if first != "" {
			send(c, []byte(first))
		}
		conns = append(conns, c)
	}
	return conns
}

// drop closes a connection, and forgets it.
func (g *siege) drop(c net.Conn) {
	c.Close()
	g.mu.Lock()
	delete(g.conns, c)
	g.mu.Unlock()
}

// send reports whether the server took the bytes.
func send(c net.Conn, p []byte) bool {
	c.SetWriteDeadline(time.Now().Add(patience))
	_, err := c.Write(p)
	return err == nil
}

// answer reads one answer whole, and its status.
func answer(c net.Conn) (status int, body []byte, err error) {
	return answerBy(c, time.Now().Add(patience))
}

// answerBy is answer for one that comes by a moment.
func answerBy(c net.Conn, by time.Time) (status int, body []byte, err error) {
	c.SetReadDeadline(by)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// cut reports whether the server ends the connection by a moment, whatever it says
// before.
func cut(c net.Conn, by time.Time) bool {
	c.SetReadDeadline(by)
	_, err := io.Copy(io.Discard, c)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}
