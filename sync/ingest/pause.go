package ingest

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// next returns the next frame. Between two transactions it rests if the pipeline is
// paused, and it ends with ctx however much has come; a transaction that has begun is
// received to its end first. When ctx has ended that is as far as it has come by then,
// and as long as there is time.
func (w *work) next(ctx context.Context) (source.Frame, error) {
	for {
		if ctx.Err() != nil && (!w.a.Open() || w.working.Err() != nil) {
			return source.Frame{}, ctx.Err()
		}
		take := w.untilPause
		if take.Err() != nil && ctx.Err() == nil {
			if !w.a.Open() {
				if err := w.rest(ctx); err != nil {
					return source.Frame{}, err
				}
				continue
			}
			take = ctx
		}
		f, err := w.recv.Next(take)
		if err == nil || take.Err() == nil || ctx.Err() != nil {
			return f, err
		}
	}
}

// rest confirms what is stored and then nothing more until the pause is over. The
// receiver goes on to tell the server that we are there.
func (w *work) rest(ctx context.Context) error {
	if err := w.finish(); err != nil {
		return err
	}
	p := w.p
	p.state.enter(StatePaused, nil)
	p.o.Log.Warn().Stringer("confirmed_lsn", w.a.End()).Int64("retained_bytes", p.Status().Retained()).
		Msg("paused: the database keeps its log until the pipeline is resumed")
	if resumed := p.orders.resumption(); resumed != nil {
		select {
		case <-resumed:
		case <-ctx.Done():
			return ctx.Err()
		case <-w.recv.Ended():
			return fmt.Errorf("in a pause: %w", source.ErrEnded)
		}
	}
	p.state.enter(StateStreaming, nil)
	p.o.Log.Info().Msg("resumed")
	w.untilPause = p.orders.untilPause(ctx)
	return nil
}
