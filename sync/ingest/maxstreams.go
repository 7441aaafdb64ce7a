package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// ErrManyStreams says that rows would make more streams than they may.
var ErrManyStreams = errors.New("more streams than DS_SYNC__MAX_STREAMS allows; the stream template may have the wrong column")

// bounded is a sink that refuses a pipeline more streams than it may have. Whoever
// writes looks a stream up before the first append to it, so that is where new ones
// are counted. Each session begins with the number in the record: what an earlier one
// has looked up in vain does not count, nor does what it made after the last record.
type bounded struct {
	sink.Sink
	max int64 // 0: no bound
	n   atomic.Int64
}

// State implements sink.Sink.
func (b *bounded) State(ctx context.Context, stream string) (sink.State, error) {
	st, err := b.Sink.State(ctx, stream)
	if err != nil || st.Exists {
		return st, err
	}
	if n := b.n.Add(1); b.max > 0 && n > b.max {
		return st, fmt.Errorf("stream %s would be number %d: %w", stream, n, ErrManyStreams)
	}
	return st, nil
}
