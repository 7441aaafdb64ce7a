package flood_test

import (
	"strings"
	"time"
)

const chunked = "Transfer-Encoding: chunked"

// pour keeps connections busy: each sends a header and then the same piece, again
// and again. One that the server ends is followed by another.
func (g *siege) pour(n int, first, piece string) {
	const (
		pause = 50 * time.Millisecond
		rest  = 500 * time.Millisecond
	)
	g.spawn(n, func(int) {
		for !g.over() {
			c := g.dial()
			if c == nil {
				return
			}
			for ok := send(c, []byte(first)); ok && !g.over(); {
				ok = send(c, []byte(piece))
				g.wait(pause)
			}
			g.drop(c)
			g.wait(rest)
		}
	})
}

// wait returns after d, or when the siege is over.
func (g *siege) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-g.ctx.Done():
	}
}

// endlessChunks sends chunks of one byte. It is ended by the limit of a body's
// bytes or that of its time.
func endlessChunks(g *siege) {
	g.pour(32, post("none", chunked), strings.Repeat("1\r\nx\r\n", 2000))
}

// endlessExtension sends a chunk whose extension never ends.
func endlessExtension(g *siege) {
	g.pour(32, post("none", chunked)+"1;x=", strings.Repeat("x", 16<<10))
}

// endlessSize sends the size of a chunk, whose zeros never end.
func endlessSize(g *siege) {
	g.pour(32, post("none", chunked), strings.Repeat("0", 16<<10))
}

// endlessTrailer sends a body that ends, and then trailers that do not.
func endlessTrailer(g *siege) {
	g.pour(32, post("none", chunked)+"1\r\nx\r\n0\r\n", strings.Repeat("X: yyyyyyyyyyy\r\n", 1000))
}
