package flood_test

import (
	"testing"
	"time"
)

// attack is one row of the table.
type attack struct {
	name string
	// tier says that the storage takes part, so that it is run in every mode.
	tier bool
	// sample says that it is run with -short too.
	sample bool
	// conns is how many connections it has at a time, at most, and extra what the
	// server may hold for it beside them: see budget_test.go.
	conns int
	extra int64
	// streams is how many requests it has open by HTTP/2.
	streams int
	// stays is what remains when it is over, in bytes: what it has appended.
	stays int64
	// lasts is how long it goes on, if it needs longer than the group.
	lasts time.Duration
	// prepare makes what it needs, before the server's size is taken.
	prepare func(t *testing.T, s *server)
	// begin starts it and returns.
	begin func(g *siege)
}

var attacks = []attack{
	{name: "dripping headers", conns: 1000, lasts: headerTimeout + 1500*time.Millisecond, begin: dripHeaders},
	{name: "dripping bodies", tier: true, sample: true, conns: 500, begin: dripBodies},
	{name: "bodies that stop", tier: true, conns: 64, extra: bodies + 64*perBody, begin: stopBodies},
	{name: "chunks without end", tier: true, conns: 32, extra: 32 * perBody, begin: endlessChunks},
	{name: "chunk extensions without end", conns: 32, begin: endlessExtension},
	{name: "chunk sizes without end", conns: 32, begin: endlessSize},
	{name: "trailers without end", conns: 32, begin: endlessTrailer},
	{name: "10,000 idle connections", tier: true, conns: 10_000, begin: idle},
	{name: "half-closed connections", tier: true, sample: true, conns: 500, prepare: onePage, begin: halfClose},
	{name: "resets within answers", tier: true, conns: 8, prepare: onePage, begin: reset},
	{name: "huge headers", sample: true, conns: 8, extra: 8 * maxHeader, begin: hugeHeaders},
	{name: "readers that do not read", tier: true, conns: 64, prepare: hundredMegabytes, begin: deafReaders},
	{name: "subscribers that do not read", tier: true, conns: 200, extra: 2 * deafAppends, stays: deafAppends, prepare: emptyStream, begin: deafSubscribers},
	{name: "catching up without reading", tier: true, conns: 200, extra: 200 * perCatchUp, prepare: tenMegabytes, begin: deafCatchUp},
	{name: "connections without a byte", conns: 64, begin: churn},
	{name: "HTTP/2: rapid resets", conns: sessions, streams: multiplexed, prepare: onePage, begin: rapidReset},
	{name: "HTTP/2: settings without end", conns: sessions, begin: settingsFlood},
	{name: "HTTP/2: pings without end", conns: sessions, begin: pingFlood},
	{name: "HTTP/2: headers without end", conns: sessions, extra: sessions * maxHeader * 2, begin: endlessContinuation},
	{name: "HTTP/2: windows that stay shut", tier: true, sample: true, conns: sessions, streams: sessions * multiplexed,
		prepare: onePage, begin: shutWindow},
}
