package source

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// objectInUse is the SQLSTATE of a slot that somebody reads.
	objectInUse = "55006"
	// dropAgain is the time between two attempts.
	dropAgain = 50 * time.Millisecond
)

// dropQuery drops nothing that no pipeline could have made.
const dropQuery = `
select pg_drop_replication_slot(slot_name) from pg_replication_slots
where slot_name = $1 and plugin = 'pgoutput' and database = current_database()`

// DropIdleSlot drops a slot over an ordinary connection, as soon as nobody reads it:
// a reader that has said farewell holds it for a moment longer. It waits for that
// until ctx ends, and reports false if there is no such slot.
func DropIdleSlot(ctx context.Context, conn *pgx.Conn, name string) (bool, error) {
	for {
		tag, err := conn.Exec(ctx, dropQuery, name)
		if err == nil {
			return tag.RowsAffected() > 0, nil
		}
		server, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || server.Code != objectInUse {
			return false, fmt.Errorf("drop slot %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("drop slot %s: %w", name, err)
		case <-time.After(dropAgain):
		}
	}
}

// SlotNames lists the logical slots of this pipeline's kind in the database whose
// names begin with prefix, sorted.
func SlotNames(ctx context.Context, conn *pgx.Conn, prefix string) ([]string, error) {
	rows, err := conn.Query(ctx, `
		select slot_name::text from pg_replication_slots
		where plugin = 'pgoutput' and database = current_database() and starts_with(slot_name::text, $1)
		order by slot_name::text collate "C"`, prefix)
	if err != nil {
		return nil, fmt.Errorf("list slots: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list slots: %w", err)
	}
	return names, nil
}

// DatabaseSystem returns the identifier of the server, as [System.ID] is, over an
// ordinary connection.
func DatabaseSystem(ctx context.Context, conn *pgx.Conn) (string, error) {
	var id string
	err := conn.QueryRow(ctx, `select system_identifier::text from pg_control_system()`).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("read system identifier: %w", err)
	}
	return id, nil
}
