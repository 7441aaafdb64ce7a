package snapshot

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// chunk holds the events of some rows, stream by stream.
type chunk struct {
	pieces  map[string]*piece
	order   []*piece
	letters []byte // of rows that cannot become events
	dead    string // the stream for letters, if there are any
	rows    int    // letters count
	bytes   int
	// hashed is the table if the keys of its rows lack their numbers, else nil.
	hashed *event.Table
}

// piece is what a chunk has for one stream.
type piece struct {
	stream string
	data   []byte
	rows   []span
}

// span is a row's event: data up to end, from where the one before ended.
type span struct {
	end int
	key digest
}

// reset empties a chunk. It keeps the memory of one stream, which is that of most
// tables.
func (c *chunk) reset() {
	c.rows, c.bytes, c.hashed, c.letters = 0, 0, nil, c.letters[:0]
	if len(c.order) == 1 {
		p := c.order[0]
		p.data, p.rows = p.data[:0], p.rows[:0]
		return
	}
	c.pieces, c.order = nil, nil
}

func (c *chunk) piece(stream []byte) *piece {
	if p := c.pieces[string(stream)]; p != nil {
		return p
	}
	if c.pieces == nil {
		c.pieces = make(map[string]*piece)
	}
	p := &piece{stream: string(stream)}
	c.pieces[p.stream] = p
	c.order = append(c.order, p)
	return p
}

// encoder makes events of the rows of one table. It belongs to one goroutine.
type encoder struct {
	o     *Options
	table *event.Table
	row   pgoutput.Tuple
	key   []byte
	// headers are those of a copied row, behind the operation: it has no transaction
	// and no place in the order of events, so none is made up.
	headers []byte
}

func newEncoder(o *Options, t *event.Table) *encoder {
	e := &encoder{o: o, table: t}
	if o.Extended {
		e.headers = []byte(`,"snapshot":true`)
	}
	return e
}

var (
	errRowTooLarge = errors.New("larger than DS_SYNC__MAX_ROW_BYTES allows")
	errStreamName  = errors.New("the stream's name would be longer than DS_LIMITS__MAX_STREAM_NAME_BYTES allows")
)

// add puts the event of a row into a chunk, which lies at an address in a part. The
// values are lent for the call.
func (e *encoder) add(c *chunk, part uint32, at tid, values [][]byte) error {
	e.row = e.row[:0]
	for _, v := range values {
		kind := pgoutput.Text
		if v == nil {
			kind = pgoutput.Null
		}
		e.row = append(e.row, pgoutput.Column{Kind: kind, Value: v})
	}
	var err error
	if err = e.makeKey(c, part, at); err != nil {
		return e.bad(c, nil, err)
	}
	stream := e.table.Stream(e.key, e.row)
	if len(stream) > e.o.MaxNameBytes {
		return e.bad(c, e.key, fmt.Errorf("stream of %d bytes: %w", len(stream), errStreamName))
	}
	p := c.piece(stream)
	from := len(p.data)
	p.data, err = e.table.Append(p.data, &event.Change{Operation: event.Insert, Key: e.key, Row: e.row}, e.headers)
	if err == nil && len(p.data)-from > e.o.MaxRowBytes {
		err = fmt.Errorf("an event of %d bytes: %w", len(p.data)-from, errRowTooLarge)
		p.data = p.data[:from]
	}
	if err != nil {
		return e.bad(c, e.key, err)
	}
	p.rows = append(p.rows, span{end: len(p.data), key: digestOf(e.key)})
	c.rows++
	c.bytes += len(p.data) - from
	return nil
}

// appendRows appends the rows that are not left out.
func (p *piece) appendRows(dst []byte, drop func(d digest) bool) (_ []byte, rows int) {
	if drop == nil {
		return append(dst, p.data...), len(p.rows)
	}
	from := 0
	for _, r := range p.rows {
		if !drop(r.key) {
			dst = append(dst, p.data[from:r.end]...)
			rows++
		}
		from = r.end
	}
	return dst, rows
}

// pick appends the rows of a piece that its stream gets, and counts them.
type pick func(p *piece, dst []byte) (_ []byte, rows int, err error)

// but picks the rows that are not left out.
func but(drop func(d digest) bool) pick {
	return func(p *piece, dst []byte) ([]byte, int, error) {
		dst, rows := p.appendRows(dst, drop)
		return dst, rows, nil
	}
}

// job is a copy of one table under way, as the streams know it.
type job struct {
	table uint32
	epoch int64
}

// give adds a piece to what its stream gets next, unless the stream has the chunk. It
// is announced first if the stream knows of no copy. Both results are unchanged if
// there is nothing to add.
func (j job) give(p *piece, number int64, some pick, buf []byte, text string) ([]byte, string, error) {
	n, err := parseNote(text)
	if err != nil {
		return buf, text, err
	}
	if last, ok := n.last(j.table, j.epoch); ok && last >= number {
		return buf, text, nil
	}
	from := len(buf)
	if n.quiet() {
		buf = event.AppendControl(buf, event.SnapshotStart, nil)
	}
	buf, rows, err := some(p, buf)
	if err != nil || rows == 0 {
		return buf[:from], text, err
	}
	return buf, n.with(entry{j.table, j.epoch, number}).String(), nil
}

// announce says in a stream that a copy has begun.
func (j job) announce(buf []byte, text string) ([]byte, string, error) {
	n, err := parseNote(text)
	if _, ok := n.last(j.table, j.epoch); err != nil || ok {
		return buf, text, err
	}
	if n.quiet() {
		buf = event.AppendControl(buf, event.SnapshotStart, nil)
	}
	return buf, n.with(entry{j.table, j.epoch, 0}).String(), nil
}

// finish says in a stream that a copy has ended, if it had begun there and no other
// is under way.
func (j job) finish(buf []byte, text string) ([]byte, string, error) {
	n, err := parseNote(text)
	if _, ok := n.last(j.table, j.epoch); err != nil || !ok {
		return buf, text, err
	}
	if n = n.without(j.table); n.quiet() {
		buf = event.AppendControl(buf, event.SnapshotEnd, nil)
	}
	return buf, n.String(), nil
}

// giveAll adds a chunk to all its streams, that of its letters included.
func (j job) giveAll(ctx context.Context, s Streams, c *chunk, number int64, some pick) error {
	for _, p := range c.order {
		err := s.Copied(ctx, []byte(p.stream), func(buf []byte, text string) ([]byte, string, error) {
			return j.give(p, number, some, buf, text)
		})
		if err != nil {
			return err
		}
	}
	if len(c.letters) == 0 {
		return nil
	}
	return s.Copied(ctx, []byte(c.dead), func(buf []byte, text string) ([]byte, string, error) {
		return j.giveLetters(c, number, buf, text)
	})
}
