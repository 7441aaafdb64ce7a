package flood_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// filler is content that was made before.
var filler = []byte(strings.Repeat("0123456789abcdef", maxAppend/16))

// post is the header of an append whose body is announced in a way.
func post(stream, framing string) string {
	return fmt.Sprintf("POST /v1/stream/%s HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n%s\r\n\r\n", stream, framing)
}

// announced is the header of an append of the largest size.
var announced = post("none", fmt.Sprintf("Content-Length: %d", maxAppend))

// dripBodies announces 5 GB in all and sends a few bytes of it.
func dripBodies(g *siege) {
	g.drip(g.dialMany(500, announced), 250*time.Millisecond, "x")
}

// stopBodies sends most of many large bodies, and then nothing more. What has
// arrived is held by the server, so there is a bound on all of it together. A body
// that is beyond it is refused when it has come.
func stopBodies(g *siege) {
	stop := func(int) {
		if c := g.dial(); c != nil && send(c, []byte(announced)) {
			send(c, filler[:maxAppend*3/4])
		}
	}
	g.spawn(64, stop)
	g.check(func() {
		// Of bodies that grow at the same time some are refused in favour of others,
		// and leave room: it takes one after another to fill it.
		for i := range bodies / maxAppend {
			stop(i)
		}
		c := g.dial()
		if c == nil {
			return
		}
		send(c, []byte(announced))
		send(c, filler)
		if status, _, err := answer(c); status != http.StatusServiceUnavailable {
			g.t.Errorf("a body for which there is no memory: got status %d, error %v, want 503", status, err)
		}
	})
}
