package snapshot

import (
	"context"
	"errors"

	"github.com/weirstreams/weir/sync/ingest/event"
)

// emptying takes the rows of tables out of one stream that other tables feed, too. It
// goes in steps of bounded size, each durable before the next. What a crash leaves of
// the rows is what is still alive, and goes when the copy is opened again.
type emptying struct {
	c       *Copier
	streams Streams
	stream  string
	buf     []byte // what the next step appends
}

// emptyAll empties the stream of the rows of the tables that are built anew. It leaves
// the last step in buf; reset tells that everything in the stream has to end first,
// which nobody else's rows are in.
func (e *emptying) emptyAll(ctx context.Context, feeds []opening, whole bool) (reset bool, err error) {
	n, err := e.note(ctx)
	if err != nil {
		return false, err
	}
	for _, o := range feeds {
		switch {
		case !o.rebuild || o.emptied(n, whole):
		case whole || o.table.Alone():
			reset = true
		default:
			if err := e.empty(ctx, o); err != nil {
				return false, err
			}
		}
	}
	return reset, nil
}

// emptied tells whether a stream has been emptied for a copy: by itself, or together
// with all the tables of the pipeline.
func (o opening) emptied(n note, whole bool) bool {
	_, begun := n.last(o.table.Relation.ID, o.epoch)
	return begun || whole && n.runs(o.epoch)
}

// note is what the stream knows of copies.
func (e *emptying) note(ctx context.Context) (n note, err error) {
	err = e.streams.Copied(ctx, []byte(e.stream), func(buf []byte, text string) (_ []byte, _ string, err error) {
		n, err = parseNote(text)
		return buf, text, err
	})
	return n, err
}

var errNoLive = errors.New("the stream has rows of other tables, and nothing tells which keys are alive in it")

// empty ends the rows of one table.
func (e *emptying) empty(ctx context.Context, o opening) error {
	if e.c.o.Live == nil {
		return errNoLive
	}
	// The stream's own events tell which keys are alive.
	if err := e.streams.Settle(); err != nil {
		return err
	}
	return e.c.o.Live(ctx, e.stream, []byte(o.table.Type), func(key []byte) (err error) {
		e.buf, err = o.table.Append(e.buf, &event.Change{Operation: event.Delete, Key: key}, nil)
		if err != nil || len(e.buf) < e.c.o.ChunkBytes {
			return err
		}
		return e.step(ctx, o.job)
	})
}

// step makes the deletes so far durable. It has no position of its own, so the note has
// to differ from the one before.
func (e *emptying) step(ctx context.Context, j job) error {
	err := e.streams.Copied(ctx, []byte(e.stream), func(buf []byte, text string) ([]byte, string, error) {
		n, err := parseNote(text)
		if err != nil {
			return buf, text, err
		}
		return append(buf, e.buf...), n.withStep(j).String(), nil
	})
	if err != nil {
		return err
	}
	e.buf = e.buf[:0]
	return e.streams.Settle()
}
