package httpapi

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// pair returns a lazy connection and its peer.
func pair(t *testing.T) (*lazyConn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := &lazyConn{}
	c.init(accepted.(*net.TCPConn))
	t.Cleanup(func() { c.Close(); peer.Close() })
	return c, peer
}

// watching starts the read by which net/http watches for a client's leaving.
func watching(c *lazyConn) <-chan error {
	ended := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	}()
	return ended
}

func wantTimeout(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: got %v, want %v", what, err, os.ErrDeadlineExceeded)
	}
}

// TestDeadlineMovedAway: a timer that fires before the deadline asked for ends
// no read.
func TestDeadlineMovedAway(t *testing.T) {
	c, peer := pair(t)
	c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	c.SetReadDeadline(time.Time{})
	got := make(chan error, 1)
	b := make([]byte, 2)
	go func() { _, err := io.ReadFull(c, b); got <- err }()
	select {
	case err := <-got:
		t.Fatalf("the read ended early: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	peer.Write([]byte("ok"))
	if err := <-got; err != nil || string(b) != "ok" {
		t.Errorf("got %q, %v; want ok", b, err)
	}
	start := time.Now()
	c.SetReadDeadline(start.Add(10 * time.Millisecond))
	_, err := c.Read(b)
	wantTimeout(t, "a read past its deadline", err)
	if early := time.Until(start.Add(10 * time.Millisecond)); early > 0 {
		t.Errorf("the deadline passed %v early", early)
	}
}

// TestBlindWatch: behind a body the watching read takes no byte, ends when it is
// told to, before or after it has begun, and the next request is there whole.
func TestBlindWatch(t *testing.T) {
	for _, first := range []string{"read", "end"} {
		c, peer := pair(t)
		c.expectBody(time.Now().Add(time.Minute))
		peer.Write([]byte("next"))
		var ended <-chan error
		if first == "read" {
			ended = watching(c)
			time.Sleep(5 * time.Millisecond) // lets it park; either order must do
		}
		c.SetReadDeadline(time.Unix(1, 0))
		if first == "end" {
			ended = watching(c)
		}
		wantTimeout(t, "the watching read, "+first+" first", <-ended)
		c.SetReadDeadline(time.Time{})
		b := make([]byte, 4)
		if _, err := io.ReadFull(c, b); err != nil || string(b) != "next" {
			t.Errorf("%s first: the next request: got %q, %v; want next", first, b, err)
		}
	}
}

// TestWatchSeesClient: a connection that is not blind watches for real, and is
// ended by a deadline in the past.
func TestWatchSeesClient(t *testing.T) {
	c, peer := pair(t)
	ended := watching(c)
	c.SetReadDeadline(time.Unix(1, 0))
	wantTimeout(t, "the watching read", <-ended)
	c.SetReadDeadline(time.Time{})
	ended = watching(c)
	peer.Close()
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("a client that left: got %v, want EOF", err)
	}
}

// TestCloseEndsWatch: no goroutine stays behind a connection that is closed.
func TestCloseEndsWatch(t *testing.T) {
	c, _ := pair(t)
	c.expectBody(time.Now().Add(time.Minute))
	ended := watching(c)
	c.Close()
	wantTimeout(t, "the watching read", <-ended)
}
