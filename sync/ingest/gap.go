package ingest

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// announceGap says in the streams of tables that are not copied that what they have is
// no state of the table any more: changes are missing before the new slot. Copied ones
// are told with their copy. A crash before the slot's record has it said again, which
// the sink drops.
func (s *session) announceGap(ctx context.Context) error {
	for _, t := range s.facts.Tables {
		if !t.Selected || !s.ownName(&t) || s.wantsCopy(t.Name.Schema, t.Name.Table) {
			continue
		}
		if err := s.resetStreams(ctx, t.Name.Schema, t.Name.Table); err != nil {
			return fmt.Errorf("announce the gap in the streams of %s: %w", t.Name, err)
		}
	}
	return nil
}

// resetStreams puts a reset into every stream that a table has.
func (s *session) resetStreams(ctx context.Context, schema, table string) error {
	template, streams := s.p.o.Event.Template(schema, table), s.streams()
	return sink.Each(ctx, streams, template.Prefix(schema, table), func(names []string) (err error) {
		batch := streams.NewBatch()
		for _, name := range names {
			if err == nil && template.Makes(name, schema, table) {
				err = resetStream(ctx, streams, batch, name)
			}
		}
		if settled := batch.Wait(); err == nil {
			err = settled
		}
		return err
	})
}

// resetStream also ends the copies that were under way in the stream.
func resetStream(ctx context.Context, k sink.Sink, b sink.Batch, name string) error {
	st, err := k.State(ctx, name)
	if err != nil || st.Tail == 0 {
		return err
	}
	return b.Append(&sink.Append{Stream: name, Data: event.AppendControl(nil, event.Reset, nil), Position: st.Position})
}
