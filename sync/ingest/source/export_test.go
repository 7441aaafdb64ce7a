package source

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Inner pieces that the tests check by themselves.
var (
	AppendCopyData = appendCopyData
	ClassOf        = classOf
	Interleave     = interleave
	LockKey        = lockKey
	ParseHistory   = parseHistory
	Race           = race
	Redact         = redact
	SplitWords     = splitWords
	WithDefault    = withDefault
)

// Exported for the tests of the start command.
func (s StartSpec) Command() (string, error) { return s.command() }

// Exported for the tests of the slot command.
func (s SlotSpec) Command() string { return s.command() }

// Naps counts the naps of a reader that gets n bytes every gap, so many times.
func Naps(n int, gap time.Duration, reads int) int {
	var p nap
	naps, now := 0, time.Now()
	for range reads {
		now = now.Add(gap)
		if p.after(n, now) {
			naps++
		}
	}
	return naps
}

// StartOn streams on a connection that speaks the middle of the protocol
// already: the command has been answered.
func StartOn(conn net.Conn, spec StartSpec) *Receiver {
	r := newReceiver(conn, spec)
	r.run()
	return r
}

// DialWith dials as a Target does, on a network of the test's own.
func DialWith(ctx context.Context, family, address string,
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error),
	connect func(ctx context.Context, network, address string) (net.Conn, error),
) (net.Conn, error) {
	d := newDialler(family)
	d.lookup, d.connect = lookup, connect
	return d.dial(ctx, "tcp", address)
}

// Modes lists, for every host of a target in the order of attempts, how TLS
// would be used.
func (t *Target) Modes() []string {
	mode := func(host string, secured, checked bool) string {
		switch {
		case !secured:
			return host + " plain"
		case checked:
			return host + " verify-full"
		}
		return host + " tls"
	}
	c := t.direct
	modes := []string{mode(c.Host, c.TLSConfig != nil, c.TLSConfig != nil && !c.TLSConfig.InsecureSkipVerify)}
	for _, fb := range c.Fallbacks {
		modes = append(modes, mode(fb.Host, fb.TLSConfig != nil, fb.TLSConfig != nil && !fb.TLSConfig.InsecureSkipVerify))
	}
	return modes
}
