package source

import (
	"crypto/tls"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// deadAfter is how long what was sent may wait to be acknowledged. Keepalives are not
// sent meanwhile, and the kernel alone would go on for a quarter of an hour: a query
// that meets a cut in the network would wait that long, and the pipeline with it.
//
// A replication connection goes without: its reports are small and on time, and it
// outlives a cut as long as the server bears it.
const deadAfter = 25 * time.Second

// giveUpLate makes a connection end when its peer is dead for deadAfter. A connection
// that is none of TCP needs no such thing.
func giveUpLate(conn net.Conn) error {
	if wrapped, ok := conn.(*tls.Conn); ok {
		conn = wrapped.NetConn()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deadAfter.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}
