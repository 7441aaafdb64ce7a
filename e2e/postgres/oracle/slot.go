package oracle

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Oracle reads one slot. It is for one goroutine.
type Oracle struct {
	conn *pgx.Conn
	slot string
	done []Transaction
}

// Create makes a slot that sees what is committed from now on. conn stays the
// caller's and must not be used while a method runs.
func Create(ctx context.Context, conn *pgx.Conn, slot string) (*Oracle, error) {
	_, err := conn.Exec(ctx, `select pg_create_logical_replication_slot($1, 'test_decoding')`, slot)
	if err != nil {
		return nil, fmt.Errorf("create slot %s: %w", slot, err)
	}
	return &Oracle{conn: conn, slot: slot}, nil
}

// Copy makes a slot that sees what the slot source has not confirmed yet.
func Copy(ctx context.Context, conn *pgx.Conn, source, slot string) (*Oracle, error) {
	_, err := conn.Exec(ctx, `select pg_copy_logical_replication_slot($1, $2, false, 'test_decoding')`, source, slot)
	if err != nil {
		return nil, fmt.Errorf("copy slot %s: %w", source, err)
	}
	return &Oracle{conn: conn, slot: slot}, nil
}

// Use replaces the connection, for when the server was restarted.
func (o *Oracle) Use(conn *pgx.Conn) { o.conn = conn }

// Drop removes the slot, which would hold the log back for ever.
func (o *Oracle) Drop(ctx context.Context) error {
	_, err := o.conn.Exec(ctx, `select pg_drop_replication_slot($1)`, o.slot)
	return err
}

// Advance reads on to the end of the log and returns every transaction since the
// slot was made.
func (o *Oracle) Advance(ctx context.Context) ([]Transaction, error) {
	// Peeked at and advanced in two steps, for an answer lost on its way would
	// otherwise be lost for good.
	read, end, err := o.peek(ctx)
	if err != nil {
		return nil, fmt.Errorf("read slot %s: %w", o.slot, err)
	}
	if end != 0 {
		if _, err := o.conn.Exec(ctx, `select pg_replication_slot_advance($1, $2::text::pg_lsn)`, o.slot, format(end)); err != nil {
			return nil, fmt.Errorf("advance slot %s: %w", o.slot, err)
		}
	}
	o.take(read)
	return o.done, nil
}

// take leaves out what is known already: a slot whose server crashed can fall back.
func (o *Oracle) take(read []Transaction) {
	for _, transaction := range read {
		if len(o.done) == 0 || transaction.End > o.done[len(o.done)-1].End {
			o.done = append(o.done, transaction)
		}
	}
}

func (o *Oracle) peek(ctx context.Context) (read []Transaction, end uint64, err error) {
	rows, err := o.conn.Query(ctx, `select (lsn - '0/0'::pg_lsn)::text, data
		from pg_logical_slot_peek_changes($1, null, null)`, o.slot)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var log Log
	for rows.Next() {
		var lsn, data string
		if err := rows.Scan(&lsn, &data); err != nil {
			return nil, 0, err
		}
		at, err := strconv.ParseUint(lsn, 10, 64)
		if err != nil {
			return nil, 0, fmt.Errorf("lsn: %w", err)
		}
		if err := log.Add(at, data); err != nil {
			return nil, 0, err
		}
	}
	return log.Committed, log.end, rows.Err()
}

func format(lsn uint64) string { return fmt.Sprintf("%X/%X", lsn>>32, uint32(lsn)) }
