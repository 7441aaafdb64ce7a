package snapshot

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Add has a table copied by Run, unless it was before.
func (c *Copier) Add(t Table) { c.queue.push(t) }

// Again has a table copied anew by Run: what its streams have of it goes first. It is
// sure to happen when Again returns true. While the table waits to be copied, or is
// being copied, nothing is done and Again returns false.
func (c *Copier) Again(ctx context.Context, t Table) (bool, error) {
	if !c.queue.claim(t) {
		return false, nil
	}
	rec, err := load(ctx, c.o.Sink, t)
	if err == nil {
		rec.begin(rec.Epoch+1, true)
		err = rec.save(ctx, c.o.Sink, t)
	}
	c.queue.done(t)
	if err != nil {
		return false, err
	}
	c.queue.push(t)
	return true, nil
}

// Run copies the tables that are not copied yet, and those that Add names, beside the
// stream that gate lets it into. It returns when ctx ends or something fails.
func (c *Copier) Run(ctx context.Context, gate Gate, tables []Table) error {
	for _, t := range tables {
		c.Add(t)
	}
	defer c.logging()()
	g, ctx := errgroup.WithContext(ctx)
	for range c.o.Workers {
		g.Go(func() error {
			for {
				t, err := c.queue.pop(ctx)
				if err != nil {
					return err
				}
				err = c.beside(ctx, gate, t)
				c.queue.done(t)
				switch {
				case errors.Is(err, errNotPublished):
					c.o.Log.Warn().Err(err).Msg("the copy of a table ends")
				case errors.Is(err, event.ErrNoKey) && c.o.NoKey != nil:
					c.o.NoKey(t, err)
				case err != nil:
					return fmt.Errorf("copy %s: %w", t, err)
				}
			}
		})
	}
	return g.Wait()
}

// beside copies what is left of a table.
func (c *Copier) beside(ctx context.Context, gate Gate, t Table) error {
	for {
		if err := c.besideAsItIs(ctx, gate, t); !errors.Is(err, errKeys) {
			return err
		}
	}
}

// besideAsItIs does so as long as the table has a key, or has none.
func (c *Copier) besideAsItIs(ctx context.Context, gate Gate, t Table) error {
	rec, err := load(ctx, c.o.Sink, t)
	if err != nil {
		return err
	}
	if rec.State == Done {
		c.progress.note(t, rec)
		return nil
	}
	if rec.State == Pending {
		rec.begin(rec.Epoch+1, false)
	}
	b := &besides{c: c, gate: gate, Table: t, rec: rec, job: job{t.OID, rec.Epoch}, rows: c.o.ChunkRows}
	defer b.close()
	if err := b.connect(ctx); err != nil {
		return err
	}
	table, at, err := b.look(ctx)
	if err != nil {
		return err
	}
	if rec.State == Closing {
		return b.finish(ctx, at, table)
	}
	if table.Keyless != "" {
		return b.whole(ctx, at)
	}
	if err := b.open(ctx, at, table); err != nil {
		return err
	}
	c.touched.begin(t.OID)
	defer c.touched.end(t.OID)
	if err := b.fence(ctx); err != nil {
		return err
	}
	c.progress.note(t, rec)
	return b.run(ctx)
}

// finish tells the streams that a table is copied, and records it: before, so that
// nothing is copied into a stream that was told, and afterwards.
func (c *Copier) finish(ctx context.Context, gate Gate, at lsn.LSN, t Table, rec *record, of *event.Table, nudge func()) error {
	rec.State = Closing
	if err := rec.save(ctx, c.o.Sink, t); err != nil {
		return err
	}
	if err := c.close(ctx, gate, at, of, job{t.OID, rec.Epoch}, nudge); err != nil {
		return err
	}
	rec.State = Done
	if err := rec.save(ctx, c.o.Sink, t); err != nil {
		return err
	}
	c.progress.note(t, rec)
	c.o.Log.Info().Stringer("table", t).Int64("rows", rec.Rows).Int64("bytes", rec.Bytes).Msg("copied the table")
	return nil
}
