package source

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// headStart is how long an address is tried alone before the next one joins
// (RFC 8305 recommends 250 ms).
const headStart = 250 * time.Millisecond

// interleave orders addresses so that the families alternate, beginning with
// the family of the first one: neither family's failure delays the other.
func interleave(addrs []netip.Addr) []netip.Addr {
	var first, second []netip.Addr
	for _, addr := range addrs {
		if addr.Is4() == addrs[0].Is4() {
			first = append(first, addr)
		} else {
			second = append(second, addr)
		}
	}
	ordered := make([]netip.Addr, 0, len(addrs))
	for i := range first {
		ordered = append(ordered, first[i])
		if i < len(second) {
			ordered = append(ordered, second[i])
		}
	}
	if len(second) > len(first) {
		ordered = append(ordered, second[len(first):]...)
	}
	return ordered
}

// dialFunc connects to one address.
type dialFunc func(context.Context, netip.Addr) (net.Conn, error)

// result is how one attempt ended.
type result struct {
	conn net.Conn
	err  error
}

// race returns the first connection that comes up. The next address starts
// when the one before it fails or its head start is over. Attempts that lose
// are called off, and closed if they succeed all the same; race does not wait
// for them. If all fail, their errors come back joined.
func race(ctx context.Context, addrs []netip.Addr, dial dialFunc) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan result, len(addrs))
	timer := time.NewTimer(headStart)
	defer timer.Stop()

	var failed []error
	started := 0
	start := func() {
		if started == len(addrs) {
			return
		}
		addr := addrs[started]
		started++
		timer.Reset(headStart)
		go func() {
			conn, err := dial(ctx, addr)
			results <- result{conn, err}
		}()
	}
	start()
	for len(failed) < len(addrs) {
		select {
		case <-timer.C:
			start()
		case r := <-results:
			if r.err == nil {
				go closeLosers(results, started-len(failed)-1)
				return r.conn, nil
			}
			failed = append(failed, r.err)
			if len(failed) == started {
				start()
			}
		}
	}
	return nil, errors.Join(failed...)
}

// closeLosers ends the n attempts that were still running when one had won.
func closeLosers(results <-chan result, n int) {
	for range n {
		if r := <-results; r.conn != nil {
			r.conn.Close()
		}
	}
}
