package assemble

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// TruncatePolicy says what a TRUNCATE becomes.
type TruncatePolicy string

// The policies.
const (
	// TruncateAuto is a reset of streams that have one table only, else deletes.
	TruncateAuto    TruncatePolicy = "auto"
	TruncateReset   TruncatePolicy = "reset"
	TruncateDeletes TruncatePolicy = "deletes"
	TruncateIgnore  TruncatePolicy = "ignore"
	TruncateStop    TruncatePolicy = "stop"
)

// ErrTruncated says that a table was truncated and the configuration wants to stop
// at that.
var ErrTruncated = errors.New("the table was truncated, and DS_SYNC__TRUNCATE=stop")

// truncate empties tables, one after another as they are named. They share one place
// in the order of events: how many of them are sent depends on when the session was
// begun, and must not move what is said of the others.
func (a *Assembler) truncate(ctx context.Context, m *pgoutput.Truncate) error {
	for _, r := range m.Relations {
		t, err := a.table(ctx, r)
		if err != nil {
			return err
		}
		if t == nil || a.covered(t) {
			continue
		}
		a.rowsOf(t).Truncates.Add(1)
		if a.opts.Watch != nil {
			a.opts.Watch.Truncated(t, a.tx.xid)
		}
		if err := a.empty(ctx, t); err != nil {
			return fmt.Errorf("truncate of %s: %w", t.Name(), err)
		}
	}
	return nil
}

func (a *Assembler) empty(ctx context.Context, t *event.Table) error {
	switch {
	case a.opts.Truncate == TruncateIgnore:
		return nil
	case a.opts.Truncate == TruncateStop:
		return ErrTruncated
	case t.Fixed() == "":
		return a.eachStream(ctx, t, func(s *stream) error { return a.emptyOneOf(ctx, t, s) })
	}
	s, err := a.stream(ctx, []byte(t.Fixed()))
	if err != nil {
		return err
	}
	if a.opts.Truncate == TruncateReset || a.opts.Truncate == TruncateAuto && t.Alone() {
		return a.reset(s)
	}
	return a.deleteAll(ctx, t, s)
}

// emptyOneOf takes the rows of a table out of a stream that may have some. A reset is
// for streams that have: the others may be those of other tables.
func (a *Assembler) emptyOneOf(ctx context.Context, t *event.Table, s *stream) error {
	if a.opts.Truncate != TruncateReset {
		return a.deleteAll(ctx, t, s)
	}
	err := a.live(ctx, t, s, func([]byte) error { return errAlive })
	if errors.Is(err, errAlive) {
		return a.reset(s)
	}
	return err
}

// errAlive ends a walk over keys at the first one.
var errAlive = errors.New("there is a key")

// reset says that all there was in a stream is gone.
func (a *Assembler) reset(s *stream) error {
	p := a.tx.position(false)
	if !a.isNew(s, p) {
		return nil
	}
	from := len(s.buf)
	s.era++
	s.buf = event.AppendControl(s.buf, event.Reset, a.eventHeaders(p))
	return a.added(s, from, p)
}

func (a *Assembler) deleteAll(ctx context.Context, t *event.Table, s *stream) error {
	return a.live(ctx, t, s, func(key []byte) error { return a.deleteKey(t, s, key) })
}

// live visits every row of a table that is alive in a stream: first those that only
// the stored events tell of, then those of which the buffer has the last word. In a
// stream that has come further than this change before, there is nothing to do.
func (a *Assembler) live(ctx context.Context, t *event.Table, s *stream, visit func(key []byte) error) error {
	end := a.tx.position(false)
	end.Sub = math.MaxUint32
	if s.high.Compare(end) > 0 {
		return nil
	}
	if err := a.opts.Settle(); err != nil {
		return err
	}
	buffered, err := lastWords(s.buf, t.Type)
	if err != nil {
		return err
	}
	if !buffered.reset {
		err = a.opts.Earlier.Live(ctx, s.name, []byte(t.Type), func(key []byte) error {
			if _, known := buffered.alive[string(key)]; known {
				return nil
			}
			return visit(key)
		})
		if err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(buffered.alive)) {
		if !buffered.alive[key] {
			continue
		}
		if err := visit([]byte(key)); err != nil {
			return err
		}
	}
	return nil
}

// words is what events say last of the keys of a type.
type words struct {
	alive map[string]bool // false: deleted
	reset bool            // nothing from before them holds
}

func lastWords(events []byte, typ string) (words, error) {
	w := words{alive: make(map[string]bool)}
	_, err := earlier.Scan(events, func(_ int, e earlier.Event) {
		switch {
		case e.Operation == earlier.Reset:
			clear(w.alive)
			w.reset = true
		case string(e.Type) == typ && e.Operation != earlier.None:
			w.alive[string(e.Key)] = e.Operation != earlier.Delete
		}
	})
	return w, err
}

// deleteKey appends the end of a row. After a crash in the midst of such deletes the
// rows that are left are those behind the stream's position, so they go on there.
func (a *Assembler) deleteKey(t *event.Table, s *stream, key []byte) error {
	p := a.tx.position(false)
	if s.high.Commit == p.Commit && s.high.Change == p.Change && s.high.Sub >= p.Sub {
		p.Sub = s.high.Sub + 2
	}
	if !a.isNew(s, p) {
		return nil
	}
	from := len(s.buf)
	s.era++
	var err error
	s.buf, err = t.Append(s.buf, &event.Change{Operation: event.Delete, Key: key}, a.eventHeaders(p))
	if err != nil {
		return err
	}
	return a.added(s, from, p)
}

// eachStream visits every stream that rows of the table may be in: those that are
// stored, and those that only the buffers have.
func (a *Assembler) eachStream(ctx context.Context, t *event.Table, visit func(s *stream) error) error {
	fresh := make(map[string]bool)
	for _, s := range a.out.filled {
		if t.Has(s.name) {
			fresh[s.name] = true
		}
	}
	one := func(name string) error {
		if !t.Has(name) {
			return nil
		}
		delete(fresh, name)
		s, err := a.stream(ctx, []byte(name))
		if err != nil {
			return err
		}
		return visit(s)
	}
	if err := a.eachStored(ctx, t.Prefix(), one); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		if err := one(name); err != nil {
			return err
		}
	}
	return nil
}

// eachStored visits the names of all stored streams that begin with prefix.
func (a *Assembler) eachStored(ctx context.Context, prefix string, visit func(name string) error) error {
	// Streams that are being created are not listed.
	if err := a.opts.Settle(); err != nil {
		return err
	}
	return sink.Each(ctx, a.opts.Sink, prefix, func(names []string) error {
		for _, name := range names {
			if err := visit(name); err != nil {
				return err
			}
		}
		return nil
	})
}
