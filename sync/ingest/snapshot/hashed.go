package snapshot

import (
	"context"
	"strconv"

	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/rowkey"
)

// makeKey makes the key of the row that is being added to a chunk. That of a hashed
// row lacks its number: it is known when all events before the row's are.
func (e *encoder) makeKey(c *chunk, part uint32, at tid) (err error) {
	switch e.table.Keyless {
	case route.NoKeyAppend:
		e.key = rowkey.AppendAddress(e.key[:0], part, at.Block, at.Place)
	case route.NoKeyHash:
		c.hashed = e.table
		e.key = e.table.AppendHash(e.key[:0], e.row)
	default:
		e.key, err = e.table.AppendKey(e.key[:0], e.row)
	}
	return err
}

// all picks all rows of a chunk, and gives them the numbers that their keys lack. Of
// hashed rows those are left out that owed, unless it is nil, tells to have ended.
func (c *chunk) all(ctx context.Context, s Streams, owed func(stream string, hash []byte) bool) pick {
	if c.hashed == nil {
		return but(nil)
	}
	return func(p *piece, dst []byte) ([]byte, int, error) {
		n := numbering{ctx: ctx, streams: s, piece: p, typ: []byte(c.hashed.Type), at: c.hashed.NumberAt(), used: make(map[string]int)}
		return n.append(dst, owed)
	}
}

// numbering gives the rows of one piece their numbers.
type numbering struct {
	ctx     context.Context
	streams Streams
	piece   *piece
	typ     []byte
	at      int            // where in an event the number belongs
	used    map[string]int // by hash, the highest number that is taken
	key     []byte
}

func (n *numbering) append(dst []byte, owed func(stream string, hash []byte) bool) (_ []byte, rows int, err error) {
	from := 0
	for _, r := range n.piece.rows {
		event := n.piece.data[from:r.end]
		from = r.end
		hash := event[n.at-rowkey.HashBytes : n.at]
		if owed != nil && owed(n.piece.stream, hash) {
			continue
		}
		number, err := n.next(hash)
		if err != nil {
			return dst, rows, err
		}
		dst = append(dst, event[:n.at]...)
		dst = strconv.AppendInt(append(dst, '-'), int64(number), 10)
		dst = append(dst, event[n.at:]...)
		rows++
	}
	return dst, rows, nil
}

// next returns the number of one more row of a hash.
func (n *numbering) next(hash []byte) (int, error) {
	taken, known := n.used[string(hash)]
	if !known {
		var err error
		taken, err = rowkey.Count(func(number int) (bool, error) {
			n.key = rowkey.AppendNumber(append(n.key[:0], hash...), number)
			return n.streams.Alive(n.ctx, n.piece.stream, n.typ, n.key)
		})
		if err != nil {
			return 0, err
		}
	}
	n.used[string(hash)] = taken + 1
	return taken + 1, nil
}
