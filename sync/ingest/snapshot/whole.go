package snapshot

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/failpoint"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// A table whose rows have no key is copied beside the stream from one snapshot S, in
// one transaction, and nothing of a copy that was cut short is used again: a row that
// is told twice is two rows.
//
// S is taken in the gate, between two transactions of the stream, where it sees
// everything that was handled; if it does not, another one is taken later. In the same
// place all that the streams had of the table is ended. From there on each change is
// told once: what S sees is copied, and left out of the stream, and the rest is not in
// S. Until the stream has passed S a crash may have it tell of what S sees once more,
// so S is kept with the record of the copy.

// whole copies a table without a key. at is an end of the log.
func (b *besides) whole(ctx context.Context, at lsn.LSN) error {
	for {
		b.rec.begin(b.rec.Epoch+1, true)
		b.job = job{b.OID, b.rec.Epoch}
		if err := b.rec.save(ctx, b.c.o.Sink, b.Table); err != nil {
			return err
		}
		err := b.tryWhole(ctx, at)
		if !errors.Is(err, errAgain) {
			return err
		}
		b.c.o.Log.Warn().Err(err).Stringer("table", b.Table).Msg("the copy of a table begins again")
	}
}

var (
	// errKeys says that a table has got a key or lost it while it was copied.
	errKeys = errors.New("the table has got a key, or lost it")
	// errAgain says that what was copied is worth nothing.
	errAgain = errors.New("its copy cannot be finished")
	// errUnseen says that a snapshot does not see all that was handled, or does not tell.
	errUnseen = errors.New("the snapshot is too early")
)

func (b *besides) tryWhole(ctx context.Context, at lsn.LSN) error {
	if err := b.hold(ctx); err != nil {
		return err
	}
	b.c.touched.begin(b.OID)
	defer b.c.touched.end(b.OID)
	if err := b.fence(ctx); err != nil {
		return err
	}
	for {
		err := b.inSnapshot(ctx, at)
		if !errors.Is(err, errUnseen) {
			return err
		}
		if err := sleep(ctx, againAfter); err != nil {
			return err
		}
	}
}

// inSnapshot copies the table in one transaction, in which nobody alters or empties it
// until all its rows are appended.
func (b *besides) inSnapshot(ctx context.Context, at lsn.LSN) error {
	pg := b.conn.PgConn()
	if _, err := pg.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ; "+source.LocalSettings(source.ReadOnly)).ReadAll(); err != nil {
		return fmt.Errorf("begin to read the table: %w", err)
	}
	// What was appended counts; a connection that fails here fails again.
	defer func() { _, _ = pg.Exec(ctx, "ROLLBACK").ReadAll() }()
	if err := lock(ctx, b.conn, b.Table); err != nil {
		return err
	}
	s, err := b.beginWhole(ctx, at)
	if err != nil {
		return err
	}
	b.c.progress.note(b.Table, b.rec)
	if err := b.copyWhole(ctx, s); err != nil {
		return err
	}
	if !b.c.covers.copied(b.OID) {
		return fmt.Errorf("more rows of %s were deleted than memory holds: %w", b.Table, errAgain)
	}
	return b.finish(ctx, b.rec.Until, b.enc.table)
}

// beginWhole takes the snapshot, ends what the streams have of the table, and returns
// the table's shape.
func (b *besides) beginWhole(ctx context.Context, at lsn.LSN) (*shape, error) {
	// By the other connection: the first query in the transaction is its snapshot.
	early, err := b.c.describe(ctx, b.pusher, b.Table)
	if err != nil {
		return nil, err
	}
	t, err := b.c.table(ctx, b.pusher, early)
	if err != nil {
		return nil, err
	}
	if t.Keyless == "" {
		return nil, errKeys
	}
	err = b.gate.Do(ctx, at, func(streams Streams) error { return b.cutOver(ctx, streams, t) }, b.nudge(ctx))
	if err != nil {
		return nil, err
	}
	// The ends of the files are to be those of the snapshot, or later ones.
	s, err := b.c.describe(ctx, b.conn, b.Table)
	if err != nil {
		return nil, err
	}
	if s.layout.Shape != early.layout.Shape {
		return nil, fmt.Errorf("the publication of %s has changed: %w", b.Table, errAgain)
	}
	b.rec.Layout, b.enc = s.layout, newEncoder(&b.c.o, t)
	return s, nil
}

// cutOver takes the snapshot of the transaction, and makes it the place in the stream
// from which on the table is told anew.
func (b *besides) cutOver(ctx context.Context, streams Streams, t *event.Table) error {
	if err := streams.Settle(); err != nil {
		return err
	}
	now, err := b.takeSnapshot(ctx)
	if err != nil {
		return err
	}
	if !now.seen.exact() || b.c.touched.unseen(b.OID, &now.seen) {
		return errUnseen
	}
	if err := b.emptyAll(ctx, streams, t); err != nil {
		return err
	}
	b.rec.Seen, b.rec.Until = now.seen.text, now.at
	b.c.covers.cover(b.OID, &now.seen, now.at)
	b.c.touched.end(b.OID)
	return nil
}

// emptyAll ends what the streams have of a table, and announces its copy to them.
// Everything that was appended is durable.
func (b *besides) emptyAll(ctx context.Context, streams Streams, t *event.Table) error {
	feeds := []opening{{b.job, t, true}}
	return b.c.eachStream(ctx, t, true, func(names []string) error {
		for _, name := range names {
			if err := b.c.openStream(ctx, streams, name, feeds, false); err != nil {
				return fmt.Errorf("open %s: %w", name, err)
			}
		}
		return nil
	})
}

// numberedRows bounds the chunks whose keys are numbered: others wait meanwhile.
const numberedRows = 250

// copyWhole appends all rows that the snapshot sees.
func (b *besides) copyWhole(ctx context.Context, s *shape) error {
	b.rows = b.c.o.ChunkRows
	if b.enc.table.Keyless == route.NoKeyHash {
		b.rows = min(b.rows, numberedRows)
	}
	b.chunk.reset()
	for i, p := range s.layout.Parts {
		b.rec.Part = i
		_, err := b.cursor().each(ctx, s.selection(i, tid{}, "< "+tid{Block: p.End}.literal()), func(at tid, values [][]byte) (bool, error) {
			if err := b.enc.add(&b.chunk, p.OID, at, values); err != nil {
				return false, err
			}
			if b.chunk.rows < b.rows && b.chunk.bytes < b.c.o.ChunkBytes {
				return true, nil
			}
			b.rec.To = at
			return true, b.appendWhole(ctx)
		})
		if err != nil {
			return err
		}
	}
	return b.appendWhole(ctx)
}

// appendWhole makes a chunk durable. Its place is not recorded: after a crash nothing
// goes on from there.
func (b *besides) appendWhole(ctx context.Context) error {
	if b.chunk.rows == 0 {
		return nil
	}
	b.rec.Chunk++
	owed := func(stream string, hash []byte) bool { return b.c.covers.pay(b.OID, stream, hash) }
	err := b.gate.Do(ctx, 0, func(s Streams) error {
		return b.job.giveAll(ctx, s, &b.chunk, b.rec.Chunk, b.chunk.all(ctx, s, owed))
	}, b.nudge(ctx))
	if err != nil {
		return fmt.Errorf("append rows: %w", err)
	}
	failpoint.Hit(failpoint.CopyChunk)
	b.rec.Rows, b.rec.Bytes = b.rec.Rows+int64(b.chunk.rows), b.rec.Bytes+int64(b.chunk.bytes)
	b.c.progress.note(b.Table, b.rec)
	err = b.c.pace.wait(ctx, b.chunk.rows)
	b.chunk.reset()
	return err
}
