package httpapi

import (
	"hash/maphash"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// clients tells who asks. What a request says about that counts when it comes from
// a trusted proxy; anybody else could say anything.
type clients struct {
	trusted  []netip.Prefix
	identity string // canonical name of a header, or ""
	seed     maphash.Seed
}

func newClients(o *Options) clients {
	return clients{trusted: o.TrustedProxies, identity: o.IdentityHeader, seed: maphash.MakeSeed()}
}

const (
	hForwardedFor   = "X-Forwarded-For"
	hForwardedProto = "X-Forwarded-Proto"
	hForwardedHost  = "X-Forwarded-Host"
)

// peer is the address that a request's connection comes from.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // no TCP
	}
	return at.Addr().Unmap().WithZone("")
}

func (c *clients) isTrusted(a netip.Addr) bool {
	for _, network := range c.trusted {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// fromProxy reports whether a request comes from a trusted proxy.
func (c *clients) fromProxy(r *http.Request) bool {
	return len(c.trusted) > 0 && c.isTrusted(peer(r))
}

// key tells clients apart: by the identity that a proxy has found out, else by
// address.
func (c *clients) key(r *http.Request) uint64 {
	from := peer(r)
	if c.isTrusted(from) {
		if id := r.Header[c.identity]; c.identity != "" && len(id) == 1 && id[0] != "" {
			return maphash.String(c.seed, id[0])
		}
		from = c.forwardedFor(r.Header[hForwardedFor], from)
	}
	return maphash.Comparable(c.seed, network(from))
}

// forwardedFor follows the addresses that proxies have added, from the last one on
// as long as they belong to trusted proxies. The first that does not is the client.
// What stands before it was sent by the client.
func (c *clients) forwardedFor(lines []string, from netip.Addr) netip.Addr {
	for i := len(lines) - 1; i >= 0; i-- {
		rest, more := lines[i], true
		for more {
			var hop string
			rest, hop, more = cutLast(rest, ',')
			a, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				return from
			}
			if from = a.Unmap().WithZone(""); !c.isTrusted(from) {
				return from
			}
		}
	}
	return from
}

// cutLast cuts s at the last sep.
func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return "", s, false
}

// isAuthority reports whether s can be the host of a URL, with or without a port.
func isAuthority(s string) bool {
	const longest = 255
	return s != "" && len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._:[]", r))
	})
}

// network is what one client has of the address space: in IPv6 a host commonly has
// the lower 64 bits to itself.
func network(a netip.Addr) netip.Addr {
	const hostBits = 64
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(hostBits)
	if err != nil {
		return a
	}
	return p.Addr()
}

// allow refuses a request that is over a limit of requests a second.
func (h *Handler) allow(r *http.Request) error {
	if h.opts.Clients != nil {
		if wait, ok := h.opts.Clients.Allow(h.clients.key(r)); !ok {
			return h.tooMany("client-rate", "you have reached the request rate of one client", wait)
		}
	}
	if wait, ok := h.opts.Requests.Allow(); !ok {
		return h.tooMany("too-many-requests", "the server has reached its request rate", wait)
	}
	return nil
}

func (h *Handler) tooMany(slug, what string, wait time.Duration) *problem {
	h.counters.rateRefused.Add(1)
	return &problem{
		status: http.StatusTooManyRequests, slug: slug, retryAfter: wait,
		detail: what + "; come back after Retry-After seconds",
	}
}

// origin is the scheme and host by which the client has reached the server.
func (c *clients) origin(r *http.Request) (scheme, host string) {
	scheme, host = "http://", r.Host
	if r.TLS != nil {
		scheme = "https://"
	}
	if (r.Header[hForwardedProto] != nil || r.Header[hForwardedHost] != nil) && c.fromProxy(r) {
		switch proto := r.Header.Get(hForwardedProto); proto {
		case "http", "https":
			scheme = proto + "://"
		}
		if forwarded := r.Header.Get(hForwardedHost); isAuthority(forwarded) {
			host = forwarded
		}
	}
	if host == "" {
		host = "localhost" // HTTP/1.0 without a Host
	}
	return scheme, host
}
