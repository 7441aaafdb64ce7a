package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// leaveTime bounds the last work of a pipeline that drops its slot.
const leaveTime = 5 * time.Second

// leave drops the pipeline's slot at an orderly end, if that is wanted. It is called
// when no session runs any more.
func (p *Pipeline) leave() {
	if !p.o.DropSlot || p.o.Temporary || p.o.Sink == nil {
		return
	}
	if p.stalled {
		p.o.Log.Warn().Str("slot", p.o.Slot).Err(errStalled).Msg("the slot was not dropped: nothing can be recorded")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	log := p.o.Log.With().Str("slot", p.o.Slot).Logger()
	switch dropped, err := p.giveUpSlot(ctx); {
	case err != nil:
		log.Warn().Err(err).Msg("the slot was not dropped: the database keeps its log for it until this pipeline starts again or somebody drops it")
	case dropped:
		log.Info().Msg("dropped the slot, as is wanted at the end: the next start copies everything anew")
	}
}

// giveUpSlot makes the record that of a pipeline that begins anew, and drops the slot:
// in this order, so that a crash in between leaves one that the next start removes. It
// does nothing if the pipeline has no slot in this database.
func (p *Pipeline) giveUpSlot(ctx context.Context) (dropped bool, err error) {
	rec, err := loadRecord(ctx, p.o.Sink)
	if err != nil || rec.Slot != p.o.Slot || !rec.begun() && !rec.Intent {
		return false, err
	}
	conn, err := p.target.Direct(ctx, source.ReadWrite)
	if err != nil {
		return false, err
	}
	defer closeConn(conn)
	system, err := source.DatabaseSystem(ctx, conn)
	if err != nil {
		return false, err
	}
	if system != rec.System {
		return false, errOtherSystem
	}
	if err := p.lockLast(ctx, conn); err != nil {
		return false, err
	}
	if err := (&session{p: p, rec: rec}).startOver(ctx, rec.Resyncs); err != nil {
		return false, err
	}
	return source.DropIdleSlot(ctx, conn, p.o.Slot)
}

var errOtherSystem = errors.New("the database is not the one that the slot was made in")

// lockLast takes the pipeline's lock once its last session is gone: whoever has it
// otherwise goes on with the slot.
func (p *Pipeline) lockLast(ctx context.Context, conn *pgx.Conn) error {
	name := p.o.Source.Pipeline
	got, err := takeLock(ctx, conn.PgConn(), name, leaveTime/2)
	if err == nil && !got {
		err = fmt.Errorf("pipeline %s: %w", name, errLocked)
	}
	return err
}
