package httpapi

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/weirstreams/weir/sse/socket"
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
	tcp := accepted.(*net.TCPConn)
	sock, err := socket.New(tcp)
	if err != nil {
		t.Fatal(err)
	}
	c := &lazyConn{TCPConn: tcp, sock: sock}
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

// TestBlindWatch: on a connection with its eyes closed the watching read takes no
// byte and ends at once, before or after it is told to, and the next request is
// there whole.
func TestBlindWatch(t *testing.T) {
	for _, first := range []string{"read", "end"} {
		c, peer := pair(t)
		c.closeEyes()
		peer.Write([]byte("next"))
		if first == "end" {
			c.SetReadDeadline(time.Unix(1, 0))
		}
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != nil {
			t.Errorf("%s first: the watching read: got %d bytes, %v; want nothing", first, n, err)
		}
		if first == "read" {
			c.SetReadDeadline(time.Unix(1, 0))
		}
		c.SetReadDeadline(time.Time{})
		b := make([]byte, 4)
		if _, err := io.ReadFull(c, b); err != nil || string(b) != "next" {
			t.Errorf("%s first: the next request: got %q, %v; want next", first, b, err)
		}
	}
}

// TestWatchBegunBefore: a watching read that began before the eyes were closed is
// ended like any other, and the next watches again.
func TestWatchBegunBefore(t *testing.T) {
	c, peer := pair(t)
	ended := watching(c)
	waitWatching(c)
	c.closeEyes()
	c.SetReadDeadline(time.Unix(1, 0))
	wantTimeout(t, "the watching read", <-ended)
	c.SetReadDeadline(time.Time{})
	peer.Write([]byte("1"))
	b := make([]byte, 1)
	if n, err := c.Read(b); n != 1 || err != nil {
		t.Errorf("a read of one byte behind it: got %d bytes, %v; want the byte", n, err)
	}
}

// waitWatching returns once the watching read has begun.
func waitWatching(c *lazyConn) {
	for {
		c.mu.Lock()
		begun := c.watching
		c.mu.Unlock()
		if begun {
			return
		}
		runtime.Gosched()
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

// TestBodyDeadline: the clock for a body starts with the first read that waits for
// it, and another deadline takes its place.
func TestBodyDeadline(t *testing.T) {
	c, peer := pair(t)
	c.expectBody(10 * time.Millisecond)
	start := time.Now()
	b := make([]byte, 2)
	_, err := c.Read(b)
	wantTimeout(t, "a body that does not come", err)
	if took := time.Since(start); took < 10*time.Millisecond {
		t.Errorf("the deadline passed after %v, want 10ms", took)
	}
	c.expectBody(time.Nanosecond)
	c.SetReadDeadline(time.Time{})
	peer.Write([]byte("ok"))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "ok" {
		t.Errorf("without a deadline: got %q, %v; want ok", b, err)
	}
}

// TestWriteDeadline: one that was set ends a write, and one that was taken away
// does not.
func TestWriteDeadline(t *testing.T) {
	c, _ := pair(t)
	c.SetDeadline(time.Unix(1, 0))
	_, err := c.Write([]byte("late"))
	wantTimeout(t, "a write past its deadline", err)
	c.SetDeadline(time.Time{})
	if _, err := c.Write([]byte("in time")); err != nil {
		t.Errorf("a write without a deadline: got %v", err)
	}
}
