package ingest

import (
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/assemble"
)

// badRow decides about a row that cannot become an event: the pipeline stops at it,
// or goes on and has a dead letter.
func (p *Pipeline) badRow(row assemble.BadRow) error {
	if !p.o.DeadLetters {
		return stop(fmt.Errorf("row %q of %s at %s cannot become an event: %w", row.Key, row.Table, row.Position, row.Err))
	}
	p.o.Log.Error().Str("table", row.Table).Bytes("key", row.Key).Stringer("position", row.Position).Err(row.Err).
		Str("stream", p.deadLetters()).Msg("a row cannot become an event and was left out")
	return nil
}

// deadLetters is the stream that tells of rows which were left out: beside those of
// the tables, as far as their names begin alike.
func (p *Pipeline) deadLetters() string {
	if root := p.o.Event.Stream.Root(); root != "" {
		return root + "/_dead"
	}
	return "_dead"
}

// badCopy is badRow for a row that was copied, and has no position.
func (p *Pipeline) badCopy(table string, key []byte, err error) error {
	if !p.o.DeadLetters {
		return stop(fmt.Errorf("row %q of %s cannot become an event: %w", key, table, err))
	}
	p.o.Log.Error().Str("table", table).Bytes("key", key).Err(err).
		Str("stream", p.deadLetters()).Msg("a row cannot become an event and was not copied")
	return nil
}
