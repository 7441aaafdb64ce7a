package monitor

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// endQuery ends the pipeline's own connection to the slot, and waits for that. A
// connection of somebody else stays, and with it the slot.
const endQuery = `
SELECT pg_catalog.pg_terminate_backend(a.pid, 5000)
FROM pg_catalog.pg_replication_slots s JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid
WHERE s.slot_name = $1 AND a.application_name = $2`

// drop removes a slot, also from under the pipeline. The two statements follow each
// other at once, long before the pipeline connects again.
func drop(ctx context.Context, conn *pgx.Conn, slot, application string) error {
	if _, err := conn.Exec(ctx, endQuery, slot, application); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `SELECT pg_catalog.pg_drop_replication_slot($1)`, slot)
	return err
}
