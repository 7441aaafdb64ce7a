package netloop_test

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/netloop"
)

const patience = 10 * time.Second

// record keeps what a connection was told.
type record struct {
	got   []byte
	ended bool
	err   error
}

func (r *record) Received(_ *netloop.Conn, p []byte) { r.got = append(r.got, p...) }
func (r *record) Ended(_ *netloop.Conn, err error)   { r.ended, r.err = true, err }

// serve accepts connections until the test ends, and gives each to handle.
func serve(t *testing.T, handle func(*net.TCPConn)) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go handle(conn.(*net.TCPConn))
		}
	}()
	return netip.MustParseAddrPort(listener.Addr().String())
}

func open(t *testing.T) *netloop.Loop {
	t.Helper()
	loop, err := netloop.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loop.Close)
	return loop
}

func dial(t *testing.T, loop *netloop.Loop, to netip.AddrPort, h netloop.Handler) *netloop.Conn {
	t.Helper()
	conn, err := loop.Dial(to, h)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// poll polls until holds does.
func poll(t *testing.T, loop *netloop.Loop, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("what was waited for did not happen in %v", patience)
		}
		if err := loop.Poll(1500 * time.Microsecond); err != nil {
			t.Fatal(err)
		}
	}
}

func echo(c *net.TCPConn) {
	defer c.Close()
	_, _ = io.Copy(c, c) // ends with the connection, however that ends
}

func TestManyConnections(t *testing.T) {
	loop, to := open(t), serve(t, echo)
	records := make([]record, 300) // more than one Poll serves
	for i := range records {
		if err := dial(t, loop, to, &records[i]).Send([]byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	if got := loop.Conns(); got != len(records) {
		t.Errorf("got %d connections, want %d", got, len(records))
	}
	for i := range records {
		poll(t, loop, func() bool { return len(records[i].got) == len("hello") })
	}
}

func TestLargeSend(t *testing.T) {
	loop, reading := open(t), make(chan struct{})
	to := serve(t, func(c *net.TCPConn) {
		<-reading
		echo(c)
	})
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // more than the kernel takes from nobody who reads
	var r record
	conn := dial(t, loop, to, &r)
	if err := conn.Send(sent); err != nil {
		t.Fatal(err)
	}
	if err := conn.Send(sent); err == nil {
		t.Error("got a second request taken before the first was sent, want an error")
	}
	close(reading)
	poll(t, loop, func() bool { return len(r.got) == len(sent) })
	if !bytes.Equal(r.got, sent) {
		t.Error("got other bytes back than were sent")
	}
	if err := conn.Send([]byte("x")); err != nil {
		t.Errorf("send after everything was sent: got error %v, want none", err)
	}
	poll(t, loop, func() bool { return len(r.got) == len(sent)+1 })
}

func TestServerCloses(t *testing.T) {
	loop := open(t)
	var r record
	dial(t, loop, serve(t, func(c *net.TCPConn) { c.Close() }), &r)
	poll(t, loop, func() bool { return r.ended })
	if r.err != nil || loop.Conns() != 0 {
		t.Errorf("got error %v and %d connections left, want none", r.err, loop.Conns())
	}
}

// reset cuts a connection once something has come over it.
func reset(c *net.TCPConn) {
	_, _ = c.Read(make([]byte, 1))
	_ = c.SetLinger(0) // a test that waits for the reset fails without it
	c.Close()
}

func TestServerResets(t *testing.T) {
	loop := open(t)
	var r record
	conn := dial(t, loop, serve(t, reset), &r)
	if err := conn.Send([]byte("x")); err != nil {
		t.Fatal(err)
	}
	poll(t, loop, func() bool { return r.ended })
	if r.err == nil {
		t.Error("got no error, want one that tells of the reset")
	}
	if err := conn.Send([]byte("x")); err != nil {
		t.Errorf("send on a connection that is no more: got error %v, want none", err)
	}
	conn.Close()
}

// closer closes another connection as soon as it hears something.
type closer struct{ other *netloop.Conn }

func (c *closer) Received(*netloop.Conn, []byte) { c.other.Close() }
func (c *closer) Ended(*netloop.Conn, error)     {}

func TestCloseEachOther(t *testing.T) {
	loop, to := open(t), serve(t, echo)
	var a, b closer
	connA, connB := dial(t, loop, to, &a), dial(t, loop, to, &b)
	a.other, b.other = connB, connA
	for _, c := range []*netloop.Conn{connA, connB} {
		if err := c.Send([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	poll(t, loop, func() bool { return loop.Conns() == 1 })
}

func TestDialRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := netip.MustParseAddrPort(listener.Addr().String())
	listener.Close()
	if _, err := open(t).Dial(nobody, &record{}); err == nil || !strings.Contains(err.Error(), "is the server running?") {
		t.Errorf("got error %v, want one that asks whether the server is running", err)
	}
}

func TestMakeRoom(t *testing.T) {
	if err := netloop.MakeRoom(1); err != nil {
		t.Errorf("for one connection: got error %v, want none", err)
	}
	const tooMany = 1 << 40
	if err := netloop.MakeRoom(tooMany); err == nil || !strings.Contains(err.Error(), "ulimit") {
		t.Errorf("for too many: got error %v, want one that says what to do", err)
	}
}

func TestPollWaits(t *testing.T) {
	loop := open(t)
	const wait = 300 * time.Microsecond // less than epoll_wait can wait
	before := time.Now()
	if err := loop.Poll(wait); err != nil {
		t.Fatal(err)
	}
	if got := time.Since(before); got < wait {
		t.Errorf("got a wait of %v, want at least %v", got, wait)
	}
	if err := loop.Poll(-time.Second); err != nil {
		t.Errorf("wait for a time that is over: got error %v, want none", err)
	}
}
