package snapshot

import (
	"context"
	"fmt"
	"slices"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// opening is a copy that streams are told of before its first row.
type opening struct {
	job
	table *event.Table
	// rebuild is set if rows of an earlier copy have to go first.
	rebuild bool
}

// atOnce is how many streams are opened or closed in one go.
const atOnce = 1000

// open announces copies in the streams that are known beforehand, and empties those
// that have to be built anew. whole tells that all tables of the pipeline are, so
// that a reset takes nothing away from others. at is behind every change that was
// handled before: the streams have no transaction of which readers see nothing yet.
func (c *Copier) open(ctx context.Context, gate Gate, at lsn.LSN, all []opening, whole bool) error {
	var names []string
	feeds := make(map[string][]opening)
	for _, o := range all {
		err := c.eachStream(ctx, o.table, o.rebuild, func(list []string) error {
			for _, name := range list {
				if feeds[name] == nil {
					names = append(names, name)
				}
				feeds[name] = append(feeds[name], o)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for some := range slices.Chunk(names, atOnce) {
		err := gate.Do(ctx, at, func(s Streams) error {
			for _, name := range some {
				if err := c.openStream(ctx, s, name, feeds[name], whole); err != nil {
					return fmt.Errorf("open %s: %w", name, err)
				}
			}
			return nil
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// eachStream visits the names of a table's streams: of the only one, or, if stored
// ones are wanted, of those that are there.
func (c *Copier) eachStream(ctx context.Context, t *event.Table, stored bool, visit func(names []string) error) error {
	if t.Fixed() != "" {
		return visit([]string{t.Fixed()})
	}
	if !stored {
		return nil
	}
	return sink.Each(ctx, c.o.Sink, t.Prefix(), func(names []string) error {
		// Those of other tables may lie between them.
		return visit(slices.DeleteFunc(names, func(name string) bool { return !t.Has(name) }))
	})
}

// openStream empties one stream as far as that is wanted, and announces the copies in
// it.
func (c *Copier) openStream(ctx context.Context, s Streams, name string, feeds []opening, whole bool) error {
	st, err := c.o.Sink.State(ctx, name)
	if err != nil {
		return err
	}
	e := &emptying{c: c, streams: s, stream: name}
	reset := false
	if st.Tail > 0 {
		if reset, err = e.emptyAll(ctx, feeds, whole); err != nil {
			return err
		}
	}
	return s.Copied(ctx, []byte(name), func(buf []byte, text string) (_ []byte, _ string, err error) {
		if reset {
			buf, text = event.AppendControl(buf, event.Reset, nil), ""
		}
		buf = append(buf, e.buf...)
		for _, o := range feeds {
			if buf, text, err = o.announce(buf, text); err != nil {
				return buf, text, err
			}
		}
		return buf, text, nil
	})
}

// close tells all streams of a copy that it has ended. at is as for open.
func (c *Copier) close(ctx context.Context, gate Gate, at lsn.LSN, t *event.Table, j job, nudge func()) error {
	return c.eachStream(ctx, t, true, func(names []string) error {
		return gate.Do(ctx, at, func(s Streams) error {
			for _, name := range names {
				if err := s.Copied(ctx, []byte(name), j.finish); err != nil {
					return fmt.Errorf("close the copy in %s: %w", name, err)
				}
			}
			return nil
		}, nudge)
	})
}
