package snapshot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// cursor reads rows bit by bit, so that what is read and not taken is never much.
type cursor struct {
	conn *pgx.Conn
	size func() int // rows of the next bit, at least 1
}

// each calls row with each row's address and values, which are lent, until it
// returns false or there are no more. It reports whether there were no more.
func (r cursor) each(ctx context.Context, query string, row func(at tid, values [][]byte) (bool, error)) (ended bool, err error) {
	pg := r.conn.PgConn()
	if _, err := pg.Exec(ctx, "DECLARE weir_copy NO SCROLL CURSOR FOR "+query).ReadAll(); err != nil {
		return false, err
	}
	for more := true; more; {
		n := r.size()
		got, err := r.fetch(ctx, n, func(at tid, values [][]byte) (err error) {
			if more {
				more, err = row(at, values)
			}
			return err
		})
		if err != nil {
			return false, err
		}
		if got < n {
			ended = more
			break
		}
	}
	_, err = pg.Exec(ctx, "CLOSE weir_copy").ReadAll()
	return ended, err
}

// fetch reads n rows at most and returns how many there were. After an error of row
// the rest is read and dropped.
func (r cursor) fetch(ctx context.Context, n int, row func(at tid, values [][]byte) error) (got int, failed error) {
	results := r.conn.PgConn().Exec(ctx, fmt.Sprintf("FETCH %d FROM weir_copy", n))
	for results.NextResult() {
		rows := results.ResultReader()
		for rows.NextRow() {
			got++
			if failed != nil {
				continue
			}
			values := rows.Values()
			at, err := parseTID(values[0])
			if err == nil {
				err = row(at, values[1:])
			}
			failed = err
		}
		_, _ = rows.Close() // its error is that of results
	}
	if err := results.Close(); err != nil {
		return got, err
	}
	return got, failed
}
