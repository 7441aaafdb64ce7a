package flood_test

import (
	"net"
	"net/http"
	"time"
)

// setLinger has the connection reset when it is closed.
func setLinger(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }

// halfClose shuts the way to the server: behind a whole request, which is answered
// all the same; behind the request of a subscriber, which counts as leaving, since
// that is what a client's end looks like from here; and within a request, which can
// not become whole any more.
func halfClose(g *siege) {
	const (
		get       = "GET /v1/stream/" + big + "?offset=-1 HTTP/1.1\r\nHost: h\r\n\r\n"
		subscribe = "GET /v1/stream/" + big + "?offset=now&live=sse HTTP/1.1\r\nHost: h\r\n\r\n"
	)
	g.spawn(4, func(int) {
		for !g.over() {
			if c := g.sendAndShut(get); c != nil {
				status, body, err := answer(c)
				if (status != http.StatusOK || len(body) != pageBytes) && !g.over() {
					g.t.Errorf("half-closed read: got status %d, %d bytes, error %v, want the page", status, len(body), err)
				}
				g.drop(c)
			}
			g.wait(20 * time.Millisecond)
		}
	})
	g.endsSoon("subscriber", subscribe)
	g.endsSoon("half a header", get[:20])
	g.endsSoon("half a body", announced+"half")
}

// endsSoon sends the same on many connections, and wants them ended.
func (g *siege) endsSoon(what, text string) {
	var conns []net.Conn
	for range 150 {
		if c := g.sendAndShut(text); c != nil {
			conns = append(conns, c)
		}
	}
	g.check(func() {
		for _, c := range conns {
			if !cut(c, time.Now().Add(time.Second)) {
				g.t.Errorf("half-closed connection, %s: it was not ended", what)
				return
			}
		}
	})
}

func (g *siege) sendAndShut(text string) net.Conn {
	c := g.dial()
	if c == nil {
		return nil
	}
	send(c, []byte(text))
	c.(*net.TCPConn).CloseWrite()
	return c
}
