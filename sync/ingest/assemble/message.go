package assemble

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/stream/jsontext"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// streamPrefix begins the prefix of logical messages that are appended to a stream,
// whose name is the rest.
const streamPrefix = "ds:"

// message takes a logical message: a heartbeat of ours, an append to a stream, or
// something that is not for us. One that is not transactional counts as the latter:
// it comes even if what it belongs to is rolled back.
func (a *Assembler) message(ctx context.Context, start lsn.LSN, m *pgoutput.Logical) error {
	name, ours := bytes.CutPrefix(m.Prefix, []byte(streamPrefix))
	switch {
	case !m.Transactional:
		a.counts.Ignored++
	case string(m.Prefix) == a.opts.HeartbeatPrefix:
		a.opts.Heartbeat(m.Content)
	case !ours:
		a.counts.Ignored++
	case !a.tx.done:
		a.tx.at(start)
		a.counts.Messages++
		return a.outgoing(ctx, string(name), m.Content)
	}
	return nil
}

// outgoing appends the content of a message as a POST would: one JSON value, or the
// elements of an array.
func (a *Assembler) outgoing(ctx context.Context, name string, content []byte) error {
	p := a.tx.position(false)
	clean, err := limits.Names{MaxBytes: a.opts.MaxNameBytes, MaxSegments: a.opts.MaxNameSegments}.Parse(name)
	if err != nil {
		return a.badMessage(ctx, p, name, err)
	}
	s, err := a.stream(ctx, []byte(clean))
	switch {
	case errors.Is(err, sink.ErrForeign):
		return a.badMessage(ctx, p, name, err)
	case err != nil:
		return err
	}
	if !a.isNew(s, p) {
		return nil
	}
	from := len(s.buf)
	messages, n, err := jsontext.Split(s.buf, content)
	switch {
	case err != nil:
		s.buf = s.buf[:from]
		return a.badMessage(ctx, p, name, err)
	case n == 0:
		return nil
	case len(messages)-from > a.opts.MaxRowBytes:
		s.buf = s.buf[:from]
		return a.badMessage(ctx, p, name, ErrRowTooLarge)
	}
	s.buf = messages
	err = a.added(s, from, p)
	s.plain = true
	return err
}

func (a *Assembler) badMessage(ctx context.Context, p lsn.Position, name string, err error) error {
	return a.leaveOut(ctx, BadRow{Table: fmt.Sprintf("logical message %s%s", streamPrefix, name), Position: p, Err: err})
}
