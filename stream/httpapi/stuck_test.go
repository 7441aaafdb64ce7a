package httpapi_test

import (
	"crypto/tls"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// The kernel's bound for a client that takes nothing is there below TLS too, where
// nothing else of a connection is ours.
func TestStuckConnectionsEndBelowTLS(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := stream.New(memstore.New(nil), nil)
	defer e.Close()
	h := httpapi.New(e, httpapi.Options{})
	defer h.Close(t.Context())
	l := tls.NewListener(h.Listener(plain), new(tls.Config))
	defer l.Close()
	client, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	raw, err := c.(*tls.Conn).NetConn().(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var got int
	raw.Control(func(fd uintptr) { got, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) })
	if err != nil || got <= 0 {
		t.Errorf("TCP_USER_TIMEOUT: got %d, error %v; want a bound", got, err)
	}
}
