package client_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// cutter is a proxy that cuts connections: each after so many bytes of answers as
// its turn in cuts says, and none once these are used up. A cut of 0 takes the
// request and answers nothing.
type cutter struct {
	listener net.Listener
	to       string
	done     sync.WaitGroup

	mu   sync.Mutex
	cuts []int
}

// newCutter starts a proxy in front of the server at base and returns it with its
// own URL of the streams.
func newCutter(t testing.TB, base string) (*cutter, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to, path, _ := strings.Cut(strings.TrimPrefix(base, "http://"), "/")
	c := &cutter{listener: listener, to: to}
	c.done.Go(c.serve)
	t.Cleanup(func() {
		listener.Close()
		c.done.Wait()
	})
	return c, "http://" + listener.Addr().String() + "/" + path
}

// plan says how the next connections are cut.
func (c *cutter) plan(cuts []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts = cuts
}

// turn returns where to cut the next connection, -1 for not at all.
func (c *cutter) turn() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.cuts) == 0 {
		return -1
	}
	at := c.cuts[0]
	c.cuts = c.cuts[1:]
	return int64(at)
}

func (c *cutter) serve() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.done.Go(func() { c.pass(conn) })
	}
}

// pass copies one connection in both directions until it is cut, or either side
// ends it.
func (c *cutter) pass(down net.Conn) {
	up, err := net.Dial("tcp", c.to)
	if err != nil {
		down.Close()
		return
	}
	var both sync.WaitGroup
	end := func() {
		down.Close()
		up.Close()
	}
	both.Go(func() {
		defer end()
		io.Copy(up, down)
	})
	both.Go(func() {
		defer end()
		c.answer(down, up, c.turn())
	})
	both.Wait()
}

// answer copies answers, up to a cut. The byte after the last is waited for, so
// that the server has done its work.
func (c *cutter) answer(down io.Writer, up io.Reader, cut int64) {
	if cut < 0 {
		io.Copy(down, up)
		return
	}
	if _, err := io.CopyN(down, up, cut); err == nil {
		io.CopyN(io.Discard, up, 1)
	}
}
