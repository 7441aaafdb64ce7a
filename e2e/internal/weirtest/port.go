package weirtest

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports are taken from below the range the kernel hands out for outgoing
// connections. A client that keeps dialling a port of that range while the
// server is down can be given the very same port as its own, and connect to
// itself.
const (
	firstPort = 20000
	portCount = 10000
)

// freePort returns a port of 127.0.0.1 that nobody listened on a moment ago.
func freePort() (int, error) {
	var last error
	for range 50 {
		port := firstPort + rand.IntN(portCount)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			last = err
			continue
		}
		return port, l.Close()
	}
	return 0, fmt.Errorf("find a free port: %w", last)
}
