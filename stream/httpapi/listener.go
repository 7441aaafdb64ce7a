package httpapi

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirstreams/weir/sse/socket"
)

// stuckAfter is how long sent bytes may stay unacknowledged, or unsent for want
// of a window, before the kernel ends the connection. It bounds every write to a
// client that has gone or that reads no more.
const stuckAfter = 2 * time.Minute

// Listener wraps the public listener. net/http answers a request that it cannot
// parse by itself, before any handler: the connections of this listener turn
// those answers into problems like all others.
func (h *Handler) Listener(l net.Listener) net.Listener { return &listener{l, h} }

type listener struct {
	net.Listener
	h *Handler
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	t, ok := c.(*net.TCPConn)
	if !ok {
		return c, nil
	}
	setStuckAfter(t)
	sock, err := socket.New(t)
	if err != nil {
		return c, nil // closed already
	}
	return &conn{lazyConn: lazyConn{TCPConn: t, sock: sock}, h: l.h}, nil
}

func setStuckAfter(t *net.TCPConn) {
	raw, err := t.SyscallConn()
	if err != nil {
		return // closed already
	}
	raw.Control(func(fd uintptr) {
		// Where it is not to be had, keep-alive probes find a dead client later.
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(stuckAfter.Milliseconds()))
	})
}

// conn embeds the TCP connection, so that net/http finds its ReadFrom and with it
// the kernel's way of sending files.
type conn struct {
	lazyConn
	h *Handler
	// foreign is set when the server speaks anything but HTTP/1.1 here: TLS or
	// HTTP/2. What looks like an answer is content then. Owned by whoever writes.
	foreign, spoken bool
	// asked is set when bytes have arrived since the last write: only then may
	// what is written begin an answer, and not be a stream's content.
	asked atomic.Bool

	// Owned by the request being served, and then by the write of its answer.
	splice splice
	// Owned by the goroutine that reads: see turns.go.
	turns int
}

// What net/http writes in one piece when it gives up on a request, and never
// otherwise: a status line and then just these headers.
var (
	anyStatus    = []byte("HTTP/1.")
	statusPrefix = []byte("HTTP/1.1 ")
	// expectationFailed is an answer without a body, and none of the handler's.
	expectationFailed = []byte("417 ")
	rawHeaders        = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
)

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	if !c.asked.Load() && len(b) > 1 {
		c.giveWay()
	}
	n, err := c.lazyConn.Read(b)
	if n > 0 {
		c.asked.Store(true)
	}
	return n, err
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) {
	if !c.spoken {
		c.spoken, c.foreign = true, !bytes.HasPrefix(b, anyStatus)
	}
	if c.foreign {
		return c.sock.Write(b)
	}
	begins := c.asked.Swap(false)
	if c.splice.buf != nil {
		return c.writeSpliced(b)
	}
	var p *problem
	if begins {
		p = rawProblem(b)
	}
	if p == nil {
		return c.sock.Write(b)
	}
	c.h.counters.requests[kindOther][p.status].Add(1)
	if _, err := c.sock.Write(p.raw(c.h)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// rawProblem recognises an answer that net/http made by itself.
func rawProblem(b []byte) *problem {
	rest, ok := bytes.CutPrefix(b, statusPrefix)
	if !ok || len(rest) < 3 {
		return nil
	}
	if bytes.HasPrefix(rest, expectationFailed) {
		return &problem{
			status: http.StatusExpectationFailed, slug: "expectation-failed", closeConn: true,
			detail: "the only expectation that is met is 100-continue",
		}
	}
	line, detail, ok := bytes.Cut(rest, rawHeaders)
	if !ok || bytes.IndexByte(line, '\n') >= 0 {
		return nil
	}
	status, err := strconv.Atoi(string(rest[:3]))
	if err != nil || status < http.StatusBadRequest || http.StatusText(status) == "" {
		return nil
	}
	p := &problem{status: status, slug: "malformed-request", closeConn: true, detail: string(detail)}
	if status == http.StatusRequestHeaderFieldsTooLarge {
		p.slug, p.detail = "header-too-large", "the request line and headers are over the limit; send fewer or shorter ones"
	}
	return p
}

// raw is the whole answer as bytes.
func (p *problem) raw(h *Handler) []byte {
	hd := make(http.Header)
	secure(hd)
	if h.cors.any {
		hd["Access-Control-Allow-Origin"] = valAny
	} else {
		hd[hVary] = valVary
	}
	body := p.body()
	set(hd, hContentType, problemType)
	set(hd, hContentLength, strconv.Itoa(len(body)))
	set(hd, hConnection, "close")
	hd[hCacheControl] = valNoStore
	var out bytes.Buffer
	out.WriteString("HTTP/1.1 " + strconv.Itoa(p.status) + " " + http.StatusText(p.status) + "\r\n")
	hd.Write(&out)
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes()
}
