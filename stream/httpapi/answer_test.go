package httpapi

import (
	"strings"
	"testing"
)

// TestNoFieldWithinAField: a value cannot begin a field of its own.
func TestNoFieldWithinAField(t *testing.T) {
	a := answer{buf: getBuffer()}
	a.set("Content-Type", "text/plain\r\nX: 1", ";\n\nbody")
	if got, want := string(*a.buf), "Content-Type: text/plain  X: 1;  body\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBelowLongHeader: what net/http writes of a header may be longer than the room
// that is kept for it.
func TestBelowLongHeader(t *testing.T) {
	for _, n := range []int{0, 1, headRoom - 40, headRoom - 39, headRoom, 5000} {
		buf := getBuffer()
		*buf = append((*buf)[:headRoom], "Ours: 2\r\n\r\nbody"...)
		long := "Long: " + strings.Repeat("x", n) + "\r\n"
		got := string(splice{buf: buf, ok: true}.below([]byte("HTTP/1.0 204 No Content\r\n" + long)))
		if want := "HTTP/1.0 200 OK\r\n" + long + "Ours: 2\r\n\r\nbody"; got != want {
			t.Errorf("%d bytes: got %q, want %q", n, got, want)
		}
	}
}

// TestTurns: a connection gives way no more than maxTurns times in a row.
func TestTurns(t *testing.T) {
	c := &conn{}
	for i := range 3 * (maxTurns + 1) {
		c.giveWay()
		if want := (i + 1) % (maxTurns + 1); c.turns != want {
			t.Errorf("read %d: got %d turns, want %d", i, c.turns, want)
		}
	}
}
