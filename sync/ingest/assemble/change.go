package assemble

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// change turns one change of a row, or of whole tables, into events.
func (a *Assembler) change(ctx context.Context, m pgoutput.Message) error {
	switch m := m.(type) {
	case *pgoutput.Insert:
		t, err := a.table(ctx, m.Relation)
		if err != nil || t == nil {
			return a.ignore(err)
		}
		a.counts.Inserts++
		a.rowsOf(t).Inserts.Add(1)
		return a.insert(ctx, t, m.New)
	case *pgoutput.Update:
		t, err := a.table(ctx, m.Relation)
		if err != nil || t == nil {
			return a.ignore(err)
		}
		a.counts.Updates++
		a.rowsOf(t).Updates.Add(1)
		return a.update(ctx, t, m)
	case *pgoutput.Delete:
		t, err := a.table(ctx, m.Relation)
		if err != nil || t == nil {
			return a.ignore(err)
		}
		a.counts.Deletes++
		a.rowsOf(t).Deletes.Add(1)
		return a.remove(ctx, t, m)
	default:
		a.counts.Truncates++
		return a.truncate(ctx, m.(*pgoutput.Truncate))
	}
}

func (a *Assembler) ignore(err error) error {
	if err == nil {
		a.counts.Ignored++
	}
	return err
}

func (a *Assembler) insert(ctx context.Context, t *event.Table, row pgoutput.Tuple) error {
	if t.Keyless != "" {
		return a.insertKeyless(ctx, t, row)
	}
	var err error
	if a.key, err = t.AppendKey(a.key[:0], row); err != nil {
		return a.bad(ctx, t, nil, false, err)
	}
	a.watch(t, a.key)
	return a.emit(ctx, t, &event.Change{Operation: event.Insert, Key: a.key, Row: row}, row, false)
}

// update is one event, or two if the row gets another key or another stream: there
// the old row ends, and the new one begins.
func (a *Assembler) update(ctx context.Context, t *event.Table, m *pgoutput.Update) error {
	complete(t, m)
	if t.Keyless != "" {
		return a.updateKeyless(ctx, t, m)
	}
	var err error
	if a.key, err = t.AppendKey(a.key[:0], m.New); err != nil {
		return a.bad(ctx, t, nil, false, err)
	}
	a.watch(t, a.key)
	if m.OldKind == pgoutput.OldNone {
		return a.replace(ctx, t, m)
	}
	if a.oldKey, err = t.AppendKey(a.oldKey[:0], m.Old); err != nil {
		return a.bad(ctx, t, nil, false, err)
	}
	if bytes.Equal(a.key, a.oldKey) && a.stays(t, m) {
		return a.replace(ctx, t, m)
	}
	a.watch(t, a.oldKey)
	known, err := a.merge(ctx, t, m, a.oldKey, true)
	if err != nil {
		return a.badName(ctx, t, a.key, false, err)
	}
	if err := a.emit(ctx, t, a.deletion(m.OldKind, a.oldKey, m.Old), m.Old, false); err != nil {
		return err
	}
	c := &event.Change{Operation: event.Insert, Key: a.key, Row: m.New, Known: known, Reread: a.reread}
	return a.emit(ctx, t, c, m.New, true)
}

// replace writes the new row of an update that leaves the row its key and its stream.
func (a *Assembler) replace(ctx context.Context, t *event.Table, m *pgoutput.Update) error {
	known, err := a.merge(ctx, t, m, a.key, false)
	if err != nil {
		return a.badName(ctx, t, a.key, false, err)
	}
	c := &event.Change{Operation: event.Update, Key: a.key, Row: m.New, Known: known, Reread: a.reread}
	if a.opts.OldValue && m.OldKind == pgoutput.OldRow {
		c.Old = m.Old
	}
	return a.emit(ctx, t, c, m.New, false)
}

// stays tells whether a row that was changed belongs to the same stream as before.
func (a *Assembler) stays(t *event.Table, m *pgoutput.Update) bool {
	if t.Fixed() != "" {
		return true
	}
	a.headers = append(a.headers[:0], t.Stream(a.oldKey, m.Old)...)
	return bytes.Equal(a.headers, t.Stream(a.key, m.New))
}

func (a *Assembler) remove(ctx context.Context, t *event.Table, m *pgoutput.Delete) error {
	if t.Keyless != "" {
		return a.removeKeyless(ctx, t, m)
	}
	var err error
	if a.key, err = t.AppendKey(a.key[:0], m.Old); err != nil {
		return a.bad(ctx, t, nil, false, err)
	}
	a.watch(t, a.key)
	return a.emit(ctx, t, a.deletion(m.OldKind, a.key, m.Old), m.Old, false)
}

func (a *Assembler) deletion(kind pgoutput.OldKind, key []byte, old pgoutput.Tuple) *event.Change {
	c := &event.Change{Operation: event.Delete, Key: key}
	if a.opts.OldValue && kind == pgoutput.OldRow {
		c.Old = old
	}
	return c
}

func (a *Assembler) watch(t *event.Table, key []byte) {
	if a.opts.Watch != nil {
		a.opts.Watch.Touched(t, a.tx.xid, key)
	}
}

// complete takes values that were not sent with the new row from the old one, where
// it has them: of an identity that is the whole row all, of another the key's. In a
// key the other columns are Null without being so.
func complete(t *event.Table, m *pgoutput.Update) {
	if m.OldKind == pgoutput.OldNone {
		return
	}
	for i := range m.New {
		sent := m.OldKind == pgoutput.OldRow || t.Relation.Columns[i].Key
		if m.New[i].Kind == pgoutput.Unchanged && sent {
			m.New[i] = m.Old[i]
		}
	}
}

// emit puts an event into the buffer of its row's stream, unless the stream has it.
func (a *Assembler) emit(ctx context.Context, t *event.Table, c *event.Change, row pgoutput.Tuple, second bool) error {
	s, err := a.stream(ctx, t.Stream(c.Key, row))
	if err != nil {
		return a.badName(ctx, t, c.Key, second, err)
	}
	p := a.tx.position(second)
	if !a.isNew(s, p) {
		return nil
	}
	from := len(s.buf)
	headers := a.eventHeaders(p)
	if c.Reread && a.opts.Extended {
		a.headers = event.AppendReread(headers)
		headers = a.headers
	}
	s.buf, err = t.Append(s.buf, c, headers)
	if err == nil && len(s.buf)-from > a.opts.MaxRowBytes {
		err = fmt.Errorf("an event of %d bytes: %w", len(s.buf)-from, ErrRowTooLarge)
		s.buf = s.buf[:from]
	}
	if err != nil {
		return a.bad(ctx, t, c.Key, second, err)
	}
	if len(c.Key) > largeKey {
		a.counts.LargeKeys++
	}
	return a.added(s, from, p)
}

// largeKey is the length in bytes from which a key is worth a look: each of its events
// and each of its readers carries it.
const largeKey = 1 << 10

// ErrRowTooLarge says that a row is larger than MAX_ROW_BYTES allows.
var ErrRowTooLarge = errors.New("larger than DS_SYNC__MAX_ROW_BYTES allows")

// ErrStreamName says that a row's stream would have a name that streams cannot have.
var ErrStreamName = errors.New("the stream's name would be longer than DS_LIMITS__MAX_STREAM_NAME_BYTES allows")

// stream finds the stream of a name, ready to take events of this transaction.
func (a *Assembler) stream(ctx context.Context, name []byte) (*stream, error) {
	if len(name) > a.opts.MaxNameBytes {
		return nil, fmt.Errorf("stream of %d bytes: %w", len(name), ErrStreamName)
	}
	s, err := a.out.find(ctx, a.opts.Sink, name)
	if err != nil {
		return nil, err
	}
	if s.touched != a.tx.number {
		s.touched = a.tx.number
		a.tx.touched = append(a.tx.touched, s)
	}
	return s, nil
}

// isNew tells whether a stream has not come to a position yet.
func (a *Assembler) isNew(s *stream, p lsn.Position) bool {
	if p.Compare(s.high) > 0 {
		a.out.buffer(s)
		return true
	}
	a.counts.Duplicates++
	return false
}

// eventHeaders are the headers of the transaction, valid until the next call.
func (a *Assembler) eventHeaders(p lsn.Position) []byte {
	if !a.opts.Extended {
		return a.tx.headers
	}
	a.headers = append(a.headers[:0], a.tx.headers...)
	a.headers = event.AppendPosition(a.headers, p)
	return a.headers
}

// added notes an event at the end of a stream's buffer, and makes room if the
// transaction has become too large.
func (a *Assembler) added(s *stream, from int, p lsn.Position) error {
	a.out.added(s, from, p)
	a.tx.bytes += len(s.buf) - from
	if a.tx.bytes > a.opts.AtomicBytes {
		return a.spill()
	}
	return nil
}
