package snapshot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/failpoint"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// besides is the copy of one table beside the stream.
type besides struct {
	c    *Copier
	gate Gate
	Table
	rec    *record
	job    job
	conn   *pgx.Conn // reads
	pusher *pgx.Conn // makes the stream go on
	rows   int       // of the next chunk at most

	enc   *encoder
	shape string // that enc is for
	chunk chunk
}

func (b *besides) connect(ctx context.Context) (err error) {
	if b.conn, err = b.c.o.Target.Query(ctx, source.ReadOnly); err != nil {
		return err
	}
	if b.pusher, err = b.c.o.Target.Direct(ctx, source.ReadWrite); err != nil {
		return err
	}
	return nil
}

func (b *besides) close() {
	for _, conn := range []*pgx.Conn{b.conn, b.pusher} {
		if conn != nil {
			closeAll([]*pgx.Conn{conn})
		}
	}
}

// look returns the table as it is, and an end of the log.
func (b *besides) look(ctx context.Context) (table *event.Table, at lsn.LSN, err error) {
	err = b.read(ctx, func(now *seenAt) error {
		s, err := b.c.describe(ctx, b.conn, b.Table)
		if err == nil {
			at = now.at
			table, err = b.c.table(ctx, b.conn, s)
		}
		return err
	})
	return table, at, err
}

// open tells the streams of the copy, before the first row is read: a reset must not
// take away what was said after that.
func (b *besides) open(ctx context.Context, at lsn.LSN, table *event.Table) error {
	if b.rec.Opened {
		return nil
	}
	if err := b.rec.save(ctx, b.c.o.Sink, b.Table); err != nil {
		return err
	}
	if err := b.c.open(ctx, b.nudging(), at, []opening{{b.job, table, b.rec.Rebuild}}, false); err != nil {
		return err
	}
	b.rec.Opened = true
	return b.rec.save(ctx, b.c.o.Sink, b.Table)
}

const (
	// fenceEvery is the time between two looks at the transactions that are waited
	// for, holdEvery at whether a copy may go on, againAfter before a chunk that
	// has to be read again.
	fenceEvery = 50 * time.Millisecond
	holdEvery  = time.Second
	againAfter = 20 * time.Millisecond
)

// fence waits until all transactions have ended that run now. Their changes may
// have been made before the publication had the table, or handled before the keys
// were noted.
func (b *besides) fence(ctx context.Context) error {
	// A transaction that has ended later than all of them began: without one, those
	// that began last would not count as begun.
	b.nudge(ctx)()
	now, err := b.snapshot(ctx)
	if err != nil {
		return err
	}
	wall := now.max
	for before(now.min, wall) {
		b.c.progress.change(b.Table, func(a *advance) { a.Waiting = "for transactions that ran when the copy began" })
		if err := sleep(ctx, fenceEvery); err != nil {
			return err
		}
		if now, err = b.snapshot(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *besides) snapshot(ctx context.Context) (seen, error) {
	var text string
	err := b.conn.QueryRow(ctx, "SELECT pg_catalog.pg_current_snapshot()::text").Scan(&text)
	if err != nil {
		return seen{}, fmt.Errorf("read the running transactions: %w", err)
	}
	return parseSeen(text)
}

// run copies chunk after chunk. The record tells the chunk that was begun last; it is
// read again first, for the streams that miss it.
func (b *besides) run(ctx context.Context) error {
	begun := b.rec.Chunk > 0 && b.rec.To != tid{}
	for {
		if err := b.hold(ctx); err != nil {
			return err
		}
		began := time.Now()
		r, err := b.readChunk(ctx, begun)
		took := time.Since(began)
		if err != nil {
			return err
		}
		b.c.touched.took(b.OID, &r.seen)
		if r.end {
			return b.finish(ctx, r.at, b.enc.table)
		}
		v, err := b.append(ctx, &r, begun)
		if err != nil {
			return err
		}
		if v == take {
			begun = false
			b.adapt(took)
			err = b.c.pace.wait(ctx, b.chunk.rows)
		} else {
			begun = begun && v == again && !r.restarted
			err = sleep(ctx, againAfter)
		}
		if err != nil {
			return err
		}
	}
}

// hold waits until copying may go on.
func (b *besides) hold(ctx context.Context) error {
	for b.c.o.Hold != nil && b.c.o.Hold() {
		b.c.progress.change(b.Table, func(a *advance) { a.Waiting = "for the slot to have room" })
		if err := sleep(ctx, holdEvery); err != nil {
			return err
		}
	}
	return nil
}

// adapt makes the next chunk one that takes about the wanted time to read.
func (b *besides) adapt(took time.Duration) {
	f := min(max(float64(wanted)/float64(took+1), 0.5), 2)
	b.rows = min(max(1, int(float64(b.rows)*f)), b.c.o.ChunkRows)
}

// append makes a chunk durable, its range first, if nothing has been said about it
// that it does not know.
func (b *besides) append(ctx context.Context, r *reading, begun bool) (verdict, error) {
	before := *b.rec
	if !begun || r.restarted {
		b.rec.Chunk++
		b.rec.Part, b.rec.From, b.rec.To = r.part, r.from, r.to
		if err := b.rec.save(ctx, b.c.o.Sink, b.Table); err != nil {
			return 0, err
		}
	}
	failpoint.Hit(failpoint.CopyRange)
	var v verdict
	err := b.gate.Do(ctx, r.at, func(s Streams) (err error) {
		v, err = b.c.touched.judge(b.OID, &r.seen, func(drop func(d digest) bool) error {
			return b.job.giveAll(ctx, s, &b.chunk, b.rec.Chunk, but(drop))
		})
		return err
	}, b.nudge(ctx))
	if err != nil {
		return 0, fmt.Errorf("append rows: %w", err)
	}
	switch v {
	case take:
		failpoint.Hit(failpoint.CopyChunk)
		b.rec.Rows, b.rec.Bytes = b.rec.Rows+int64(b.chunk.rows), b.rec.Bytes+int64(b.chunk.bytes)
		b.c.progress.note(b.Table, b.rec)
	case again:
		*b.rec = before
		b.rows = max(1, b.rows/2)
	case anew:
		b.rec.restart(layout{})
	}
	return v, nil
}

func (b *besides) finish(ctx context.Context, at lsn.LSN, table *event.Table) error {
	return b.c.finish(ctx, b.gate, at, b.Table, b.rec, table, b.nudge(ctx))
}
