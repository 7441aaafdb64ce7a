package snapshot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/failpoint"
)

// worker copies segments by one connection.
type worker struct {
	s        *consistent
	conn     *pgx.Conn
	encoders map[uint32]*encoder
	chunk    chunk
}

func (w *worker) run(ctx context.Context) error {
	for !w.s.stop.Load() {
		seg := w.s.plan.next()
		if seg == nil {
			return nil
		}
		if err := w.copy(ctx, seg); err != nil {
			return fmt.Errorf("copy %s: %w", seg.of.run.Table, err)
		}
	}
	return nil
}

// copy reads a segment and appends it when its turn has come. One that is larger than
// a chunk keeps the turn until its last chunk is appended.
func (w *worker) copy(ctx context.Context, seg *segment) error {
	r := seg.of.run
	t := &taking{w: w, seg: seg, from: tid{Block: seg.from}}
	if seg.final {
		return t.finish(ctx)
	}
	enc, err := w.encoder(ctx, r)
	if err != nil {
		return err
	}
	w.chunk.reset()
	o := &w.s.c.o
	began := time.Now()
	rows := r.shape.selection(seg.part, t.from, "< "+tid{Block: seg.to}.literal())
	ended, err := readAll(ctx, w.conn, rows, func(at tid, values [][]byte) (bool, error) {
		if err := enc.add(&w.chunk, r.shape.layout.Parts[seg.part].OID, at, values); err != nil {
			return false, err
		}
		if w.chunk.rows < o.ChunkRows && w.chunk.bytes < o.ChunkBytes {
			return true, nil
		}
		return t.take(ctx, at)
	})
	if err != nil {
		return err
	}
	w.s.plan.measure(seg, o, t.rows+w.chunk.rows, t.bytes+w.chunk.bytes, time.Since(began)-t.waited)
	if ended {
		ended, err = t.take(ctx, tid{Block: seg.to})
	}
	seg.after <- ended && err == nil
	return err
}

func (w *worker) encoder(ctx context.Context, r *tableRun) (*encoder, error) {
	if e := w.encoders[r.OID]; e != nil {
		return e, nil
	}
	t, err := w.s.c.table(ctx, w.conn, r.shape)
	if err != nil {
		return nil, err
	}
	// Tables come one after another: the one before is not needed again.
	w.encoders = map[uint32]*encoder{r.OID: newEncoder(&w.s.c.o, t)}
	return w.encoders[r.OID], nil
}

// taking is the appending of one segment.
type taking struct {
	w      *worker
	seg    *segment
	from   tid
	turn   bool // this segment's turn has come
	rows   int  // appended
	bytes  int
	waited time.Duration
}

// take appends the chunk, which ends at an address. It returns false if the segment
// is not to go on.
func (t *taking) take(ctx context.Context, to tid) (bool, error) {
	began := time.Now()
	defer func() { t.waited += time.Since(began) }()
	if on, err := t.await(ctx); err != nil || !on {
		return false, err
	}
	w, r := t.w, t.seg.of.run
	if w.chunk.rows > 0 {
		if err := w.s.append(ctx, r, &w.chunk, t.seg.part, t.from, to); err != nil {
			return false, err
		}
	}
	t.rows, t.bytes = t.rows+w.chunk.rows, t.bytes+w.chunk.bytes
	t.from = to
	err := w.s.c.pace.wait(ctx, w.chunk.rows)
	w.chunk.reset()
	// The last chunk of a segment is followed by other segments, which look by
	// themselves.
	return to.Place == 0 || !w.s.stop.Load(), err
}

func (t *taking) await(ctx context.Context) (on bool, err error) {
	if !t.turn {
		t.turn, err = t.seg.before.wait(ctx)
	}
	return t.turn, err
}

// finish ends the table when all its segments are appended.
func (t *taking) finish(ctx context.Context) error {
	if on, err := t.await(ctx); err != nil || !on {
		return err
	}
	s, r := t.w.s, t.seg.of.run
	table, err := s.c.table(ctx, t.w.conn, r.shape)
	if err != nil {
		return err
	}
	return s.c.finish(ctx, s.gate, 0, r.Table, r.rec, table, nil)
}

// append makes a chunk durable: its range first, then its rows.
func (s *consistent) append(ctx context.Context, r *tableRun, c *chunk, part int, from, to tid) error {
	r.rec.Chunk++
	r.rec.Part, r.rec.From, r.rec.To = part, from, to
	if err := r.rec.save(ctx, s.c.o.Sink, r.Table); err != nil {
		return err
	}
	failpoint.Hit(failpoint.CopyRange)
	err := s.gate.Do(ctx, 0, func(streams Streams) error {
		return r.job.giveAll(ctx, streams, c, r.rec.Chunk, c.all(ctx, streams, nil))
	}, nil)
	if err != nil {
		return fmt.Errorf("append rows: %w", err)
	}
	failpoint.Hit(failpoint.CopyChunk)
	r.rec.Rows, r.rec.Bytes = r.rec.Rows+int64(c.rows), r.rec.Bytes+int64(c.bytes)
	s.c.progress.note(r.Table, r.rec)
	return nil
}
