package flood_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// big is the stream that readers are after.
const big = "big"

func onePage(t *testing.T, s *server)          { s.create(t, big, pageBytes) }
func emptyStream(t *testing.T, s *server)      { s.create(t, big, 0) }
func tenMegabytes(t *testing.T, s *server)     { s.create(t, big, 10<<20) }
func hundredMegabytes(t *testing.T, s *server) { s.create(t, big, 100<<20) }

// deafReaders ask for all pages of a stream at once, and do not read one.
func deafReaders(g *siege) {
	var pages strings.Builder
	for i := range 100 {
		fmt.Fprintf(&pages, "GET /v1/stream/%s?offset=%s HTTP/1.1\r\nHost: h\r\n\r\n", big, offset(i*pageBytes))
	}
	g.narrow()
	g.wantAnswered(g.dialMany(64, pages.String()))
}

// offset is a position in a stream as the server writes it.
func offset(at int) string { return fmt.Sprintf("%016d_%016d", 0, at) }

// narrow has the connections that follow take little before they are read.
func (g *siege) narrow() {
	g.options = func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		})
	}
}

// wantAnswered checks that the attackers were not simply refused.
func (g *siege) wantAnswered(conns []net.Conn) {
	g.check(func() {
		for _, c := range conns {
			c.SetReadDeadline(time.Now().Add(patience))
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil || resp.StatusCode != http.StatusOK {
				g.t.Errorf("attacker: got answer %v, error %v, want 200", resp, err)
				return
			}
		}
	})
}

// deafCatchUp follow a stream by SSE, each from another place, and do not read: each
// stays in the middle of a page that it shares with nobody.
func deafCatchUp(g *siege) {
	const subscribers = 200
	g.narrow()
	var conns []net.Conn
	for i := range subscribers {
		at := offset(i * (9 << 20) / subscribers)
		conns = append(conns, g.dialMany(1, "GET /v1/stream/"+big+"?live=sse&offset="+at+" HTTP/1.1\r\nHost: h\r\n\r\n")...)
	}
	g.wantAnswered(conns)
}

// deafAppends is what deafSubscribers append.
const deafAppends = 10 << 20

// deafSubscribers follow a stream by SSE and do not read, while it grows.
func deafSubscribers(g *siege) {
	g.narrow()
	g.wantAnswered(g.dialMany(200, "GET /v1/stream/"+big+"?live=sse&offset=-1 HTTP/1.1\r\nHost: h\r\n\r\n"))
	c := wire.New(g.s.URL(), 1)
	const piece = 128 << 10
	g.every(window/2/(deafAppends/piece), func(i int) bool {
		if i == deafAppends/piece {
			c.Close()
			return false
		}
		resp, err := c.Do(context.Background(), wire.Request{
			Method: http.MethodPost, Stream: big, Body: filler[:piece],
			Header: wire.Header{"Content-Type": "text/plain"},
		})
		if err != nil || resp.Status >= 300 {
			g.t.Errorf("append: got status %d, error %v, want success", resp.Status, err)
		}
		return true
	})
}

// reset asks for a page, and resets the connection in the middle of it.
func reset(g *siege) {
	page := []byte("GET /v1/stream/" + big + "?offset=-1 HTTP/1.1\r\nHost: h\r\n\r\n")
	some := make([]byte, 1<<10)
	g.every(5*time.Millisecond, func(int) bool {
		c := g.dial()
		if c == nil {
			return false
		}
		defer g.drop(c)
		send(c, page)
		c.SetReadDeadline(time.Now().Add(patience))
		c.Read(some)
		setLinger(c)
		return true
	})
}
