package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// isListen accepts a host and a port. A zone could hold anything.
func isListen(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return false
	}
	return isHost(host) && !strings.Contains(host, "%")
}

// isLoopback reports whether a host and port can be reached from this machine only.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && IsLoopbackHost(host)
}

// IsLoopbackHost reports whether a host to listen on can be reached from this
// machine only.
func IsLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// areNetworks accepts what [Networks] can read.
func areNetworks(list []string) bool {
	_, err := Networks(list)
	return err == nil
}

// Networks reads a list of addresses and networks. An address stands for the
// network of itself alone. A zone could hold anything.
func Networks(list []string) ([]netip.Prefix, error) {
	networks := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" {
			networks = append(networks, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("read network %q: %w", s, err)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}
