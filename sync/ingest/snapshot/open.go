package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
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
	for after := ""; stored; {
		names, err := c.o.Sink.List(ctx, t.Prefix(), after, atOnce)
		if err != nil {
			return err
		}
		if err := visit(names); err != nil || len(names) < atOnce {
			return err
		}
		after = names[len(names)-1]
	}
	return nil
}

func (c *Copier) openStream(ctx context.Context, s Streams, name string, feeds []opening, whole bool) error {
	st, err := c.o.Sink.State(ctx, name)
	if err != nil {
		return err
	}
	if err := c.settle(s, feeds, whole); err != nil {
		return err
	}
	return s.Copied(ctx, []byte(name), func(buf []byte, text string) ([]byte, string, error) {
		for _, o := range feeds {
			n, err := parseNote(text)
			if err != nil {
				return buf, text, err
			}
			if o.rebuild && st.Tail > 0 && !n.runs(o.epoch) {
				if buf, text, err = c.empty(ctx, buf, text, name, o, whole); err != nil {
					return buf, text, err
				}
			}
			if buf, text, err = o.announce(buf, text); err != nil {
				return buf, text, err
			}
		}
		return buf, text, nil
	})
}

// settle makes the stream's own events tell which keys are alive, where that is asked.
func (c *Copier) settle(s Streams, feeds []opening, whole bool) error {
	for _, o := range feeds {
		if o.rebuild && !whole && !o.table.Alone() {
			return s.Settle()
		}
	}
	return nil
}

var errNoLive = errors.New("the stream has rows of other tables, and nothing tells which keys are alive in it")

// empty takes a table's rows out of a stream: by a reset, which ends the rows of all
// tables in the stream and whatever was copied there, or one by one.
func (c *Copier) empty(ctx context.Context, buf []byte, text, name string, o opening, whole bool) ([]byte, string, error) {
	if whole || o.table.Alone() {
		return event.AppendControl(buf, event.Reset, nil), "", nil
	}
	if c.o.Live == nil {
		return buf, text, errNoLive
	}
	err := c.o.Live(ctx, name, []byte(o.table.Type), func(key []byte) (err error) {
		buf, err = o.table.Append(buf, &event.Change{Operation: event.Delete, Key: key}, nil)
		return err
	})
	return buf, text, err
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
