package assemble

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// Earlier finds what a stream has said, as far as that is durable.
type Earlier interface {
	// Lookup returns the last event of a key in a stream, nil if the stream knows
	// of none that is alive.
	Lookup(ctx context.Context, stream string, typ, key []byte) ([]byte, error)
	// Live calls visit for each key of a type that is alive in a stream.
	Live(ctx context.Context, stream string, typ []byte, visit func(key []byte) error) error
}

// ToastPolicy says where values come from that an update left alone and Postgres keeps
// out of line, unless the old row has them.
type ToastPolicy string

// The policies.
const (
	// ToastMerge takes them from the row's last event; it is what "" means, too.
	ToastMerge ToastPolicy = "merge"
	// ToastRequireFull takes them from old rows alone.
	ToastRequireFull ToastPolicy = "require_full"
	// ToastReread takes them from the table as it is now.
	ToastReread ToastPolicy = "reread"
)

// ErrNotFull says that a table would need its old rows to be sent.
var ErrNotFull = errors.New("an update did not send all values, and DS_SYNC__TOAST=require_full: run ALTER TABLE … REPLICA IDENTITY FULL")

// merge finds the values of an updated row that Postgres keeps out of line and has
// not sent because they did not change: they are those of the row's last event,
// since events come in the order of commits. It returns their JSON by column, or
// nil if nothing is missing or the stream has the new row already.
func (a *Assembler) merge(ctx context.Context, t *event.Table, m *pgoutput.Update, oldKey []byte, second bool) ([][]byte, error) {
	a.reread = false
	if !missing(m.New) {
		return nil, nil
	}
	s, err := a.stream(ctx, t.Stream(a.key, m.New))
	if err != nil || a.tx.position(second).Compare(s.high) <= 0 {
		return nil, err
	}
	row := m.New
	if m.OldKind != pgoutput.OldNone {
		row = m.Old
	}
	var last []byte
	switch a.opts.Toast {
	case ToastRequireFull:
		err = fmt.Errorf("table %s: %w", t.Name(), ErrNotFull)
	case ToastReread:
	default:
		last, err = a.lastBefore(ctx, t.Stream(oldKey, row), t.Type, oldKey)
	}
	if err != nil {
		return nil, err
	}
	a.known = append(a.known[:0], make([][]byte, len(m.New))...)
	for i, c := range m.New {
		if c.Kind != pgoutput.Unchanged {
			continue
		}
		value, ok := earlier.Member(last, t.Relation.Columns[i].Name)
		if !ok || string(value) == "null" {
			// What is kept out of line is never NULL: the null stands for a value
			// that could not be read again.
			a.reread = true
			continue
		}
		a.known[i] = value
	}
	a.counts.Merged++
	if a.reread {
		return a.known, a.readAgain(ctx, t, m)
	}
	return a.known, nil
}

func missing(row pgoutput.Tuple) bool {
	for i := range row {
		if row[i].Kind == pgoutput.Unchanged {
			return true
		}
	}
	return false
}

// lastBefore is lastOf, and tells of nothing if the stream has come past the present
// change: a crash may leave the row's old stream ahead of its new one. The last event
// there may then be one of later.
func (a *Assembler) lastBefore(ctx context.Context, name []byte, typ string, key []byte) ([]byte, error) {
	s, err := a.stream(ctx, name)
	if err != nil || a.tx.position(false).Compare(s.high) <= 0 {
		return nil, err
	}
	return a.lastOf(ctx, s, []byte(typ), key)
}

// lastOf returns the last event of a key in a stream, empty if there is none: from what
// is not staged yet, else from what is stored. It is valid until the next call.
func (a *Assembler) lastOf(ctx context.Context, s *stream, typ, key []byte) ([]byte, error) {
	if len(s.buf) > 0 {
		if s.recent == nil {
			s.recent = &earlier.Recent{}
		}
		found, verdict, err := s.recent.Lookup(s.buf, typ, key)
		s.looked = len(s.buf)
		if err != nil || verdict != earlier.Unknown {
			// What comes next may move the buffer's content.
			a.found = append(a.found[:0], found...)
			return a.found, err
		}
	}
	if err := a.opts.Settle(); err != nil {
		return nil, err
	}
	found, err := a.opts.Earlier.Lookup(ctx, s.name, typ, key)
	if err != nil {
		return nil, fmt.Errorf("look up the row's last event: %w", err)
	}
	return found, nil
}

// readAgain takes values that no event tells from the table itself. They are those of
// now, which may be later than the change. If the row is gone its end comes later
// in the stream, and until then the values are null.
func (a *Assembler) readAgain(ctx context.Context, t *event.Table, m *pgoutput.Update) error {
	now, err := a.opts.Catalogue.Reread(ctx, t, m.New)
	if err != nil {
		return fmt.Errorf("read the row again: %w", err)
	}
	for i := range m.New {
		switch {
		case m.New[i].Kind != pgoutput.Unchanged || a.known[i] != nil:
		case now == nil:
			m.New[i] = pgoutput.Column{Kind: pgoutput.Null}
		default:
			m.New[i] = now[i]
		}
	}
	return nil
}
