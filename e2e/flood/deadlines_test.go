package flood_test

import (
	"net"
	"net/http"
	"testing"
	"time"
)

// bodyTimeout is how long the server waits for a request's body.
const bodyTimeout = 30 * time.Second

// deadlines are a few bodies that drip for as long as the server lets them, on a
// server of their own, beside everything else.
type deadlines struct {
	g     *siege
	conns []net.Conn
	begun time.Time
}

func startDeadlines(t *testing.T) *deadlines {
	if testing.Short() {
		return nil
	}
	g := lay(t, start(t, "memory"))
	t.Cleanup(g.lift)
	d := &deadlines{g: g, begun: time.Now()}
	d.conns = append(g.dialMany(5, announced), g.dialMany(5, post("none", chunked))...)
	g.drip(d.conns[:5], time.Second, "x")
	g.drip(d.conns[5:], time.Second, "1\r\nx\r\n")
	return d
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// check wants each of them told, when the time of a body is over, that it is.
func (d *deadlines) check(t *testing.T) {
	if d == nil {
		return
	}
	over := d.begun.Add(bodyTimeout) // which may have passed, or not
	for i, c := range d.conns {
		status, _, err := answerBy(c, later(over, time.Now()).Add(patience))
		if status != http.StatusRequestTimeout {
			t.Errorf("dripping body %d: got status %d, error %v, want 408", i, status, err)
		}
	}
	if took := time.Since(d.begun); took < bodyTimeout {
		t.Errorf("dripping bodies: answered after %s, want %s", took, bodyTimeout)
	}
	d.g.lift()
}
