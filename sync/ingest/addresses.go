package ingest

import (
	"context"
	"net/netip"
	"strings"
	"time"
)

// resolver looks up the addresses of a host; network is "ip", "ip4" or "ip6".
type resolver func(ctx context.Context, network, host string) ([]netip.Addr, error)

// resolveTime bounds that. The connection is there by then: nobody has to wait long.
const resolveTime = 2 * time.Second

// resolve adds to what was looked at where the database's name leads. Without an answer
// there is less to warn of.
func (l *looked) resolve(ctx context.Context, p *Pipeline) {
	host := p.target.Endpoint().Host
	if strings.HasPrefix(host, "/") {
		return // a Unix socket
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	if found, err := p.resolver(ctx, "ip"+strings.TrimPrefix(p.o.Source.IPFamily, "auto"), host); err == nil {
		l.addresses = found
	}
}
