package ingest

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// codeOtherSystem is the finding of a database that the streams do not come from.
const codeOtherSystem = "E111"

// startOver forgets what the slot stood for, so that the session begins anew. A slot
// of this pipeline is then in the way, and begin removes it.
func (s *session) startOver(ctx context.Context, resyncs []int64) error {
	fresh := &record{
		Version: recordVersion, Generation: s.rec.Generation + 1,
		Resyncs: resyncs, CreatedPublications: s.rec.CreatedPublications, Streams: s.rec.Streams,
	}
	fresh.Intent = s.rec.Slot == s.p.o.Slot
	s.rec = fresh
	return s.rec.save(ctx, s.p.o.Sink)
}

// judged is what the checks know of the past. A resync that was asked for begins anew,
// so publications that are gone are made again, as at the first start.
func (s *session) judged() *record {
	if !s.p.orders.wantsResync() {
		return s.rec
	}
	rec := *s.rec
	rec.Publications = nil
	return &rec
}

// streams is the sink as this generation of the pipeline sees it.
func (s *session) streams() sink.Sink { return sink.Generation(s.p.o.Sink, s.rec.Generation) }

// resyncAsked begins anew because somebody wants it, which counts for no limit.
func (s *session) resyncAsked(ctx context.Context) error {
	s.p.o.Log.Warn().Stringer("confirmed_lsn", s.rec.Confirmed).Msg("a resync was asked for: the tables are copied anew")
	if err := s.startOver(ctx, s.rec.Resyncs); err != nil {
		return err
	}
	s.rec.Intent = true // whoever asks has named the slot, which may be replaced
	s.p.orders.resynced()
	return nil
}

// skip moves the record forward if that was asked for. The server then sends nothing
// that committed before.
func (s *session) skip(ctx context.Context) error {
	to := s.p.orders.wantsSkip()
	if to == 0 {
		return nil
	}
	system, err := source.Identify(ctx, s.walsender)
	if err != nil {
		return fmt.Errorf("skip to %s: %w", to, err)
	}
	log, from := s.p.o.Log, s.rec.Confirmed
	if to <= from || to > system.Tail {
		log.Error().Err(ErrSkip).Stringer("to_lsn", to).Stringer("confirmed_lsn", from).Stringer("end_lsn", system.Tail).
			Msg("nothing is skipped")
		s.p.orders.skipped(to)
		return nil
	}
	if err := s.record(to); err != nil {
		return err
	}
	s.p.orders.skipped(to)
	log.Warn().Stringer("from_lsn", from).Stringer("to_lsn", to).
		Msg("skipped, as was asked for: the streams lack what was committed in between")
	return nil
}

func names(tables []source.Table) []string {
	list := make([]string, len(tables))
	for i, t := range tables {
		list[i] = source.QuoteTable(t)
	}
	return list
}
