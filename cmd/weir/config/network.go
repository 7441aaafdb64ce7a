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

// Networks are parts of the address space. An address alone stands for itself.
type Networks []netip.Prefix

// parseNetworks reads a list. A zone could hold anything.
func parseNetworks(s string) (Networks, error) {
	var networks Networks
	for _, part := range parseList(s) {
		if ip, err := netip.ParseAddr(part); err == nil && ip.Zone() == "" {
			networks = append(networks, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("read network: %w", err)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

// String is the list as parseNetworks reads it.
func (n Networks) String() string {
	parts := make([]string, len(n))
	for i, network := range n {
		parts[i] = network.String()
		if network.IsSingleIP() {
			parts[i] = network.Addr().String()
		}
	}
	return strings.Join(parts, ",")
}
