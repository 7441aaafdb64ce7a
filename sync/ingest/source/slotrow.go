package source

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// SlotRow is what the server tells of a slot. What a server is too old to know
// is zero.
type SlotRow struct {
	Name               string
	Plugin             string
	Type               string // logical or physical
	Database           string
	Temporary          bool
	Active             bool
	ActivePID          uint32
	Restart            lsn.LSN // zero: nothing is kept
	ConfirmedFlush     lsn.LSN
	WALStatus          string // reserved, extended, unreserved, lost
	SafeBytes          *int64 // nil: no limit is set
	RetainedBytes      int64
	Failover           bool
	Conflicting        bool
	InvalidationReason string
	InactiveSince      time.Time
}

// FindSlot reads a slot's row. It reports false if there is no such slot.
func FindSlot(ctx context.Context, conn *pgx.Conn, name string) (SlotRow, bool, error) {
	var s SlotRow
	var restart, confirmed string
	var since *time.Time
	err := conn.QueryRow(ctx, slotQuery, name).Scan(
		&s.Name, &s.Plugin, &s.Type, &s.Database, &s.Temporary, &s.Active, &s.ActivePID,
		&restart, &confirmed, &s.WALStatus, &s.SafeBytes, &s.RetainedBytes,
		&s.Failover, &s.Conflicting, &s.InvalidationReason, &since)
	if errors.Is(err, pgx.ErrNoRows) {
		return SlotRow{}, false, nil
	}
	if err == nil {
		s.Restart, err = lsn.Parse(restart)
	}
	if err == nil {
		s.ConfirmedFlush, err = lsn.Parse(confirmed)
	}
	if err != nil {
		return SlotRow{}, false, fmt.Errorf("read slot %s: %w", name, err)
	}
	if since != nil {
		s.InactiveSince = *since
	}
	return s, true, nil
}

// slotQuery reads newer columns by their name in the row's JSON, so that one
// text serves every version.
const slotQuery = `
select slot_name::text, coalesce(plugin::text, ''), slot_type, coalesce(database::text, ''),
       temporary, active, coalesce(active_pid, 0)::int8,
       coalesce(restart_lsn, '0/0')::text, coalesce(confirmed_flush_lsn, '0/0')::text,
       coalesce(wal_status, ''), safe_wal_size,
       coalesce(pg_wal_lsn_diff(
         case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
         restart_lsn), 0)::int8,
       coalesce((j->>'failover')::bool, false), coalesce((j->>'conflicting')::bool, false),
       coalesce(j->>'invalidation_reason', ''), (j->>'inactive_since')::timestamptz
from pg_replication_slots s, to_jsonb(s) j
where slot_name = $1`
