package assemble

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/rowkey"
)

// Rows that have no key get one from where they come from, or from what is in them;
// see package rowkey. The number of a hashed key is not kept anywhere: how many equal
// rows there are is what the stream says up to the event before. A stream holds all
// events up to its position and nothing else, so the answer is the same however often
// a change comes, and one that the stream has is not asked about.

// ErrLogChanged says that a row of a log was changed or has ended.
var ErrLogChanged = errors.New("a row was updated or deleted, and the table is a log by DS_SYNC__NO_KEY=append, which takes inserts alone: " +
	"give it a primary key, or set DS_SYNC__NO_KEY=hash for it, or have it published by a publication of inserts alone; " +
	"then POST /sync/resync, which copies the tables anew. To leave the table out, exclude it in DS_SYNC__TABLES")

// covered tells whether a copy of a table without a key has what the transaction does
// to it. It tells those who copy of the transaction, too.
func (a *Assembler) covered(t *event.Table) bool {
	if t.Keyless == "" {
		return false
	}
	if a.opts.Copies != nil && a.opts.Copies.Covered(t, a.tx.xid, a.tx.commit) {
		return true
	}
	a.key = binary.BigEndian.AppendUint32(a.key[:0], a.tx.xid)
	a.watch(t, a.key)
	return false
}

func (a *Assembler) insertKeyless(ctx context.Context, t *event.Table, row pgoutput.Tuple) error {
	switch {
	case a.covered(t):
		return nil
	case t.Keyless == route.NoKeyHash:
		a.hash = t.AppendHash(a.hash[:0], row)
		return a.addRow(ctx, t, row, false)
	}
	a.key = a.tx.position(false).Append(a.key[:0])
	return a.emit(ctx, t, &event.Change{Operation: event.Insert, Key: a.key, Row: row}, row, false)
}

func (a *Assembler) updateKeyless(ctx context.Context, t *event.Table, m *pgoutput.Update) error {
	switch {
	case a.covered(t):
		return nil
	case t.Keyless == route.NoKeyAppend:
		return fmt.Errorf("table %s: %w", t.Name(), ErrLogChanged)
	case m.OldKind != pgoutput.OldRow || missing(m.New):
		return fmt.Errorf("table %s: %w", t.Name(), event.ErrOldRows)
	}
	a.hash = t.AppendHash(a.hash[:0], m.Old)
	a.oldKey = t.AppendHash(a.oldKey[:0], m.New)
	if bytes.Equal(a.hash, a.oldKey) {
		return a.repeatRow(ctx, t, m)
	}
	if err := a.endRow(ctx, t, m.OldKind, m.Old); err != nil {
		return err
	}
	a.hash = t.AppendHash(a.hash[:0], m.New)
	return a.addRow(ctx, t, m.New, true)
}

func (a *Assembler) removeKeyless(ctx context.Context, t *event.Table, m *pgoutput.Delete) error {
	switch {
	case a.covered(t):
		return nil
	case t.Keyless == route.NoKeyAppend:
		return fmt.Errorf("table %s: %w", t.Name(), ErrLogChanged)
	case m.OldKind != pgoutput.OldRow:
		return fmt.Errorf("table %s: %w", t.Name(), event.ErrOldRows)
	}
	a.hash = t.AppendHash(a.hash[:0], m.Old)
	return a.endRow(ctx, t, m.OldKind, m.Old)
}

// addRow writes a new row, whose hash is in a.hash.
func (a *Assembler) addRow(ctx context.Context, t *event.Table, row pgoutput.Tuple, second bool) error {
	s, n, err := a.equals(ctx, t, row, second)
	if s == nil {
		return err
	}
	a.numbered = rowkey.AppendNumber(append(a.numbered[:0], a.hash...), n+1)
	err = a.emit(ctx, t, &event.Change{Operation: event.Insert, Key: a.numbered, Row: row}, row, second)
	if s.high == a.tx.position(second) { // otherwise it is a bad row
		a.equal.set(s, t, a.hash, n+1)
	}
	return err
}

// endRow writes the end of a row, whose hash is in a.hash. A row that the stream does
// not have ends, too: the position has to move on.
func (a *Assembler) endRow(ctx context.Context, t *event.Table, kind pgoutput.OldKind, old pgoutput.Tuple) error {
	s, n, err := a.equals(ctx, t, old, false)
	if s == nil {
		return err
	}
	if n == 0 && a.opts.Copies != nil {
		a.opts.Copies.Owed(t, s.name, a.hash)
	}
	a.numbered = rowkey.AppendNumber(append(a.numbered[:0], a.hash...), max(n, 1))
	err = a.emit(ctx, t, a.deletion(kind, a.numbered, old), old, false)
	if s.high == a.tx.position(false) {
		a.equal.set(s, t, a.hash, max(n-1, 0))
	}
	return err
}

// repeatRow writes a row again that an update has left as it was, and whose hash is in
// a.hash. One that the stream does not have comes with a copy, or never.
func (a *Assembler) repeatRow(ctx context.Context, t *event.Table, m *pgoutput.Update) error {
	s, n, err := a.equals(ctx, t, m.New, false)
	if s == nil || n == 0 {
		return err
	}
	a.numbered = rowkey.AppendNumber(append(a.numbered[:0], a.hash...), n)
	c := &event.Change{Operation: event.Update, Key: a.numbered, Row: m.New}
	if a.opts.OldValue {
		c.Old = m.Old
	}
	return a.emit(ctx, t, c, m.New, false)
}

// equals finds the stream of a row, and how many rows with the hash a.hash are alive
// there. It returns no stream if it has come to the change before, or cannot be.
func (a *Assembler) equals(ctx context.Context, t *event.Table, row pgoutput.Tuple, second bool) (*stream, int, error) {
	s, err := a.stream(ctx, t.Stream(nil, row))
	if err != nil {
		return nil, 0, a.badName(ctx, t, a.hash, second, err)
	}
	if !a.isNew(s, a.tx.position(second)) {
		return nil, 0, nil
	}
	if n, known := a.equal.get(s, t, a.hash); known {
		return s, n, nil
	}
	n, err := rowkey.Count(func(n int) (bool, error) {
		a.numbered = rowkey.AppendNumber(append(a.numbered[:0], a.hash...), n)
		event, err := a.lastOf(ctx, s, []byte(t.Type), a.numbered)
		return len(event) > 0, err
	})
	if err != nil {
		return nil, 0, err
	}
	a.equal.set(s, t, a.hash, n)
	return s, n, nil
}

// Alive tells whether a key of a type is alive in a stream. It is called between
// transactions.
func (a *Assembler) Alive(ctx context.Context, stream string, typ, key []byte) (bool, error) {
	s, err := a.out.find(ctx, a.opts.Sink, []byte(stream))
	if err != nil {
		return false, err
	}
	event, err := a.lastOf(ctx, s, typ, key)
	return len(event) > 0, err
}
