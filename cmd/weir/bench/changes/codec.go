package changes

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgjson"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
)

const (
	codecRows = 10_000
	// codecTime is how long the rows are decoded and encoded again and again.
	codecTime = 2 * time.Second
)

// codecHeaders are those of an event without extensions.
var codecHeaders = []byte(`,"txid":"1000","timestamp":"2026-01-01T00:00:00.000000Z"`)

// codec has Postgres encode some rows, and decodes and encodes them here.
func codec(ctx context.Context, l *lab, s *figures.Sheet) error {
	messages, err := l.messages(ctx)
	if err != nil {
		return err
	}
	c := &rowCodec{l: l}
	rows := 0
	for _, m := range messages {
		if m[0] == 'I' {
			messages[rows] = m
			rows++
			continue
		}
		if err := c.learn(ctx, m); err != nil {
			return err
		}
	}
	if c.table == nil || rows == 0 {
		return fmt.Errorf("decode changes: got %d messages without rows", len(messages))
	}
	return c.measure(ctx, messages[:rows], s)
}

// messages are what pgoutput makes of the rows of a large load.
func (l *lab) messages(ctx context.Context) ([][]byte, error) {
	if err := l.prepare(ctx, &largeLoad); err != nil {
		return nil, err
	}
	if _, err := l.conn.Exec(ctx, "select pg_create_logical_replication_slot($1::name, 'pgoutput')", startSlot); err != nil {
		return nil, fmt.Errorf("create slot: %w", err)
	}
	if err := largeLoad.fill(ctx, l, 0, codecRows); err != nil {
		return nil, err
	}
	rows, err := l.conn.Query(ctx, `select data from pg_logical_slot_peek_binary_changes($1::name, null, null,
		'proto_version', '1', 'publication_names', $2)`, startSlot, name)
	if err != nil {
		return nil, fmt.Errorf("decode changes: %w", err)
	}
	messages, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, fmt.Errorf("decode changes: %w", err)
	}
	return slices.DeleteFunc(messages, func(m []byte) bool { return len(m) == 0 }), nil
}

// rowCodec decodes the rows of one table and encodes their events.
type rowCodec struct {
	l        *lab
	decoder  pgoutput.Decoder
	table    *event.Table
	key, out []byte
}

// learn takes a message that is no row: of the table it keeps what it is made of.
func (c *rowCodec) learn(ctx context.Context, message []byte) error {
	m, err := c.decoder.Decode(message)
	if err != nil {
		return err
	}
	r, ok := m.(*pgoutput.Relation)
	if !ok {
		return nil
	}
	oids := make([]uint32, len(r.Columns))
	for i, column := range r.Columns {
		oids[i] = column.Type
	}
	types, err := pgjson.Load(ctx, c.l.conn, oids)
	if err != nil {
		return err
	}
	config := event.Config{}
	if config.Stream, err = route.ParseTemplate(ownTemplate); err != nil {
		return err
	}
	if config.Type, err = route.ParseTypeTemplate("{table}"); err != nil {
		return err
	}
	c.table, err = event.NewTable(r, event.Facts{Key: []string{"id"}, Types: types}, &config)
	return err
}

// measure does all rows once, for the buffers to grow, and then until the time is
// over.
func (c *rowCodec) measure(ctx context.Context, messages [][]byte, s *figures.Sheet) error {
	if err := c.pass(messages); err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	passes, began := 0, time.Now()
	for ; time.Since(began) < codecTime && ctx.Err() == nil; passes++ {
		if err := c.pass(messages); err != nil {
			return err
		}
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	rows := float64(passes * len(messages))
	s.Count("rows", "rows", int64(rows))
	s.Number("event_bytes_per_row", "bytes of an event", float64(len(c.out))/float64(len(messages)), "B")
	s.Number("ns_per_row", "decode and encode", float64(took)/rows, "ns a row")
	s.Number("allocs_per_row", "allocations", float64(after.Mallocs-before.Mallocs)/rows, "a row")
	return ctx.Err()
}

// pass does all rows once.
func (c *rowCodec) pass(messages [][]byte) error {
	c.out = c.out[:0]
	for _, message := range messages {
		m, err := c.decoder.Decode(message)
		if err != nil {
			return err
		}
		row := m.(*pgoutput.Insert).New
		if c.key, err = c.table.AppendKey(c.key[:0], row); err != nil {
			return err
		}
		change := event.Change{Operation: event.Insert, Key: c.key, Row: row}
		if c.out, err = c.table.Append(c.out, &change, codecHeaders); err != nil {
			return err
		}
	}
	return nil
}
