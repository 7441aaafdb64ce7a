package snapshot

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// reading is what came of reading one chunk. Its rows are in besides.chunk.
type reading struct {
	seenAt
	part     int
	from, to tid
	end      bool // there are no more rows
	// restarted tells that the table is another one than the cursor was made for.
	restarted bool
}

// seenAt is a snapshot with an end of the log that is behind all it sees.
type seenAt struct {
	seen seen
	at   lsn.LSN
}

// logEndSQL is the end of the log, on a standby as far as it can be seen there.
const logEndSQL = `CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
	ELSE pg_catalog.pg_current_wal_insert_lsn() END::text`

func logEnd(ctx context.Context, conn *pgx.Conn) (lsn.LSN, error) {
	var text string
	if err := conn.QueryRow(ctx, "SELECT "+logEndSQL).Scan(&text); err != nil {
		return 0, fmt.Errorf("read the end of the log: %w", err)
	}
	return lsn.Parse(text)
}

// read runs f in a transaction that holds the table as it is and has taken its
// snapshot after that.
func (b *besides) read(ctx context.Context, f func(s *seenAt) error) error {
	pg := b.conn.PgConn()
	if _, err := pg.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ; "+source.LocalSettings(source.ReadOnly)).ReadAll(); err != nil {
		return fmt.Errorf("begin to read a chunk: %w", err)
	}
	// What f has returned counts; a connection that fails here fails again.
	defer func() { _, _ = pg.Exec(ctx, "ROLLBACK").ReadAll() }()
	if err := lock(ctx, b.conn, b.Table); err != nil {
		return err
	}
	s, err := b.takeSnapshot(ctx)
	if err != nil {
		return err
	}
	return f(&s)
}

// takeSnapshot takes the snapshot of a transaction, of which it is the first query.
func (b *besides) takeSnapshot(ctx context.Context) (s seenAt, err error) {
	var xids, end string
	var standby bool
	err = b.conn.QueryRow(ctx, "SELECT pg_catalog.pg_current_snapshot()::text, pg_catalog.pg_is_in_recovery(), "+logEndSQL).
		Scan(&xids, &standby, &end)
	if err == nil {
		s.seen, err = parseSeen(xids)
		s.seen.unlisted = standby
	}
	if err == nil {
		s.at, err = lsn.Parse(end)
	}
	if err != nil {
		return seenAt{}, fmt.Errorf("take a snapshot: %w", err)
	}
	return s, nil
}

// readChunk reads the next chunk, or the one that was begun.
func (b *besides) readChunk(ctx context.Context, begun bool) (r reading, err error) {
	err = b.read(ctx, func(s *seenAt) error {
		r.seenAt = *s
		now, err := b.c.describe(ctx, b.conn, b.Table)
		if err != nil {
			return err
		}
		if err := b.adopt(ctx, now, &r); err != nil {
			return err
		}
		if begun && !r.restarted {
			r.part, r.from, r.to = b.rec.Part, b.rec.From, b.rec.To
			return b.readUpTo(ctx, now, &r)
		}
		return b.readNext(ctx, now, &r)
	})
	return r, err
}

// adopt makes the encoder fit the table as it is now, and goes back to its begin if
// the rows are not where they were or become other events.
func (b *besides) adopt(ctx context.Context, now *shape, r *reading) error {
	if !b.rec.Layout.sameFiles(now.layout) {
		if b.rec.Layout.Shape != "" {
			b.c.o.Log.Info().Stringer("table", b.Table).Msg("the table was altered, emptied or rewritten; its copy begins again")
		}
		b.rec.restart(now.layout)
		r.restarted = true
	}
	if b.enc != nil && b.shape == now.layout.Shape {
		return nil
	}
	table, err := b.c.table(ctx, b.conn, now)
	if err == nil && table.Keyless != "" {
		b.rec.begin(b.rec.Epoch+1, true)
		return errors.Join(errKeys, b.rec.save(ctx, b.c.o.Sink, b.Table))
	}
	b.enc, b.shape = newEncoder(&b.c.o, table), now.layout.Shape
	return err
}

// readUpTo reads the range of a chunk.
func (b *besides) readUpTo(ctx context.Context, now *shape, r *reading) error {
	b.chunk.reset()
	_, err := b.cursor().each(ctx, now.selection(r.part, r.from, "<= "+r.to.literal()), func(at tid, values [][]byte) (bool, error) {
		return true, b.enc.add(&b.chunk, b.rec.Layout.Parts[r.part].OID, at, values)
	})
	return err
}

// readNext reads as many rows behind the last chunk as one may have, of one part.
func (b *besides) readNext(ctx context.Context, now *shape, r *reading) error {
	b.chunk.reset()
	parts := b.rec.Layout.Parts
	r.part, r.from = b.rec.Part, b.rec.To
	for ; r.part < len(parts); r.part, r.from = r.part+1, (tid{}) {
		end := tid{Block: parts[r.part].End}
		r.to = end
		_, err := b.cursor().each(ctx, now.selection(r.part, r.from, "< "+end.literal()), func(at tid, values [][]byte) (bool, error) {
			if err := b.enc.add(&b.chunk, parts[r.part].OID, at, values); err != nil {
				return false, err
			}
			if b.chunk.rows < b.rows && b.chunk.bytes < b.c.o.ChunkBytes {
				return true, nil
			}
			r.to = at
			return false, nil
		})
		if err != nil || b.chunk.rows > 0 {
			return err
		}
	}
	r.end = true
	return nil
}

// mostFetched bounds the rows that are asked for at once, leastFetched are asked for
// when nothing is known of their size.
const (
	mostFetched  = 2000
	leastFetched = 16
)

// cursor asks for about as many rows as the chunk has room for.
func (b *besides) cursor() cursor {
	return cursor{b.conn, func() int {
		if b.chunk.rows == 0 {
			return leastFetched
		}
		room := (b.c.o.ChunkBytes - b.chunk.bytes) / (b.chunk.bytes/b.chunk.rows + 1)
		return max(1, min(room, b.rows-b.chunk.rows, mostFetched))
	}}
}
