package source

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// addressTime bounds the TCP handshake with one address.
const addressTime = 10 * time.Second

// dialler opens the TCP connections. It resolves names itself, so that all
// addresses of a host take part in one race instead of waiting for each other.
type dialler struct {
	network string // what the resolver is asked for: ip, ip4 or ip6
	lookup  func(ctx context.Context, network, host string) ([]netip.Addr, error)
	connect func(ctx context.Context, network, address string) (net.Conn, error)
}

func newDialler(family string) *dialler {
	network := "ip"
	if family == Family4 || family == Family6 {
		network += family
	}
	return &dialler{
		network: network,
		lookup:  net.DefaultResolver.LookupNetIP,
		connect: (&net.Dialer{Timeout: addressTime, KeepAliveConfig: keepAlive()}).DialContext,
	}
}

// keepAlive finds a dead peer within 25 s, also while we read nothing.
func keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}
}

// keepName hands the name on to dial: the driver would try one address after
// the other.
func (d *dialler) keepName(_ context.Context, host string) ([]string, error) {
	return []string{host}, nil
}

// dial connects to a Unix socket, or to the first address of a host that
// answers.
func (d *dialler) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "unix" {
		return d.connect(ctx, network, address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := d.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	conn, err := race(ctx, interleave(addrs), func(ctx context.Context, addr netip.Addr) (net.Conn, error) {
		return d.connect(ctx, "tcp", net.JoinHostPort(addr.String(), port))
	})
	if err != nil {
		return nil, explain(host, addrs, err)
	}
	return conn, nil
}

// resolve returns the host's addresses of the chosen family.
func (d *dialler) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := d.lookup(ctx, d.network, host)
	if err == nil && len(addrs) > 0 {
		for i, addr := range addrs {
			addrs[i] = addr.Unmap()
		}
		return addrs, nil
	}
	if d.network != "ip" {
		if others, _ := d.lookup(ctx, "ip", host); len(others) > 0 {
			return nil, fmt.Errorf("host %s has no address of the IPv%s family, only %s: change DS_SYNC__IP_FAMILY or use another endpoint",
				host, d.network[2:], others[0])
		}
	}
	if err == nil {
		err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	return nil, err
}

// explain names the cause behind the most common riddle: an endpoint that has
// only IPv6 addresses, seen from a machine without IPv6.
func explain(host string, addrs []netip.Addr, err error) error {
	for _, addr := range addrs {
		if !addr.Is6() {
			return err
		}
	}
	if !unreachable(err) {
		return err
	}
	return fmt.Errorf("host %s has only IPv6 addresses and this machine has no IPv6 route: use an IPv4 endpoint or enable IPv6: %w", host, err)
}

// unreachable reports whether the kernel found no way to an address.
func unreachable(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) ||
		errors.Is(err, syscall.EADDRNOTAVAIL) ||
		errors.Is(err, syscall.EAFNOSUPPORT)
}
