package snapshot

import (
	"context"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// nudgePrefix is that of messages which nobody reads: they make the log go on.
const nudgePrefix = "ds-sync-copy"

// nudge returns what makes the stream pass the present end of the log. A database
// that cannot be written to passes it with a keepalive.
func (b *besides) nudge(ctx context.Context) func() {
	return func() {
		if _, err := source.Emit(ctx, b.pusher, nudgePrefix, []byte{}); err != nil && ctx.Err() == nil {
			b.c.o.Log.Debug().Err(err).Msg("cannot nudge the stream")
		}
	}
}

// nudging is the gate with a nudge for whoever has none.
func (b *besides) nudging() Gate { return nudged{b} }

type nudged struct{ b *besides }

// Do implements Gate.
func (n nudged) Do(ctx context.Context, at lsn.LSN, f func(Streams) error, _ func()) error {
	return n.b.gate.Do(ctx, at, f, n.b.nudge(ctx))
}
