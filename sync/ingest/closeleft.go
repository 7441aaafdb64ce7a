package ingest

import (
	"context"

	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// closeLeft closes the streams of a table that has another name now: their rows are told
// in others, and whoever reads them is not to wait for more.
func (p *Pipeline) closeLeft(ctx context.Context, left watch.Table) error {
	log := p.o.Log.With().Stringer("table", left).Logger()
	closer, able := p.streams.Sink.(sink.StreamCloser)
	if !able {
		log.Warn().Msg("the table is called otherwise now; its old streams stay open, because the server that has them cannot be asked to close them")
		return nil
	}
	template := p.o.Event.Template(left.Schema, left.Name)
	closed := 0
	err := sink.Each(ctx, p.o.Sink, template.Prefix(left.Schema, left.Name), func(names []string) error {
		for _, name := range names {
			if !template.Makes(name, left.Schema, left.Name) {
				continue
			}
			if err := closer.CloseStream(ctx, name); err != nil {
				return err
			}
			closed++
		}
		return nil
	})
	if err != nil {
		return err
	}
	log.Info().Int("streams", closed).Msg("closed the streams of a table that is called otherwise now")
	return nil
}
