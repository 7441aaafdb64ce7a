package snapshot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// query selects rows: the address first, and then so many columns.
type query struct {
	sql     string
	columns int
}

// rowTaker takes a row: its address and its values, which are lent. It returns false if
// it wants no more.
type rowTaker func(at tid, values [][]byte) (bool, error)

// readAll calls row with each row of a query until that returns false or there are no
// more, and reports whether there were no more. What row does not want is read and
// dropped: a query has no more rows than a segment. Unlike a cursor's, its rows come as
// the server finds them: what FETCH returns it puts down first, beyond work_mem in a
// file, which takes it twice the time.
func readAll(ctx context.Context, conn *pgx.Conn, q query, row rowTaker) (ended bool, err error) {
	ended = true
	_, err = perform(ctx, conn, q.sql, q.columns, func(at tid, values [][]byte) (err error) {
		if ended {
			ended, err = row(at, values)
		}
		return err
	})
	return ended && err == nil, err
}

// perform calls row with each row that a command returns, those of a query with so many
// columns, and returns how many there were. After an error of row the rest is read and
// dropped. Columns come as text, but the address does not.
func perform(ctx context.Context, conn *pgx.Conn, sql string, columns int, row func(at tid, values [][]byte) error) (got int, failed error) {
	formats := make([]int16, 1+columns)
	formats[0] = pgx.BinaryFormatCode
	rows := conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, formats)
	for rows.NextRow() {
		got++
		if failed != nil {
			continue
		}
		values := rows.Values()
		at, err := decodeTID(values[0])
		if err == nil {
			err = row(at, values[1:])
		}
		failed = err
	}
	if _, err := rows.Close(); err != nil {
		return got, err
	}
	return got, failed
}

// cursor reads rows bit by bit, so that what is read and not taken is never much.
type cursor struct {
	conn *pgx.Conn
	size func() int // rows of the next bit, at least 1
}

// each calls row with each row until that returns false or there are no more. It
// reports whether there were no more.
func (r cursor) each(ctx context.Context, q query, row rowTaker) (ended bool, err error) {
	pg := r.conn.PgConn()
	if _, err := pg.Exec(ctx, "DECLARE weir_copy NO SCROLL CURSOR FOR "+q.sql).ReadAll(); err != nil {
		return false, err
	}
	for more := true; more; {
		n := r.size()
		got, err := perform(ctx, r.conn, fmt.Sprintf("FETCH %d FROM weir_copy", n), q.columns, func(at tid, values [][]byte) (err error) {
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
