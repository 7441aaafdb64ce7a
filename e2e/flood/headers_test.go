package flood_test

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// headerTimeout is how long the server waits for a request's header.
const headerTimeout = 10 * time.Second

// drip sends a byte on every connection each time, in the order of text.
func (g *siege) drip(conns []net.Conn, every time.Duration, text string) {
	g.every(every, func(i int) bool {
		b := []byte{text[i%len(text)]}
		for _, c := range conns {
			c.Write(b) // one that was cut stays cut
		}
		return true
	})
}

// dripHeaders opens connections that never come to the end of their header. The
// header as a whole has a deadline, which the bytes do not move.
func dripHeaders(g *siege) {
	begun := time.Now()
	conns := g.dialMany(1000, "GET /v1/stream/none HTTP/1.1\r\nHost: h\r\n")
	g.drip(conns, 500*time.Millisecond, "X: y\r\n")
	g.check(func() {
		left := 0
		for _, c := range conns {
			if !cut(c, begun.Add(headerTimeout+3*time.Second)) {
				left++
			}
		}
		if left > 0 {
			g.t.Errorf("%d of %d connections were not cut %s after they began", left, len(conns), headerTimeout)
		}
	})
}

// A server that closes a connection on which bytes are still coming resets it,
// and the answer may be lost on the way: then there is no status.
const noStatus = 0

// hugeHeaders sends requests that are over the limit in every way there is.
func hugeHeaders(g *siege) {
	const huge = 8 * maxHeader
	get := func(target string, headers string) []byte {
		return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n", target, headers)
	}
	shapes := [][]byte{
		get("/v1/stream/none", "X: "+strings.Repeat("x", huge)+"\r\n"),
		get("/v1/stream/none", strings.Repeat("X: y\r\n", huge/6)),
		get("/v1/stream/"+strings.Repeat("x", huge), ""),
		get("/v1/stream/none?x="+strings.Repeat("x", huge), ""),
		get("/v1/stream/none", strings.Repeat("x", huge)+": y\r\n"),
		[]byte("GET " + strings.Repeat("x", huge)),
		[]byte(strings.Repeat("x", huge)),
	}
	g.every(10*time.Millisecond, func(i int) bool {
		c := g.dial()
		if c == nil {
			return false
		}
		defer g.drop(c)
		send(c, shapes[i%len(shapes)])
		if status, _, _ := answer(c); status != 431 && status != noStatus && !g.over() {
			g.t.Errorf("shape %d: got status %d, want 431", i%len(shapes), status)
		}
		return true
	})
}
