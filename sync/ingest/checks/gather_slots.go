package checks

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Columns that only newer versions have are taken from the row as JSON, where
// their absence is null.
const slotsSQL = `
SELECT s.slot_name, s.slot_type, coalesce(s.plugin, ''), coalesce(s.database, ''), s.temporary,
       coalesce(s.confirmed_flush_lsn, '0/0')::text,
       coalesce(pg_catalog.pg_wal_lsn_diff($1::text::pg_lsn, coalesce(s.restart_lsn, s.confirmed_flush_lsn)), 0)::bigint,
       coalesce(s.wal_status, ''),
       coalesce(to_jsonb(s) ->> 'invalidation_reason', ''),
       (to_jsonb(s) ->> 'inactive_since')::timestamptz,
       coalesce(t.spill_count, 0), coalesce(t.spill_bytes, 0),
       coalesce(s.active_pid, 0), coalesce(a.application_name, ''),
       coalesce(pg_catalog.host(a.client_addr), ''), a.backend_start
FROM pg_catalog.pg_replication_slots s
LEFT JOIN pg_catalog.pg_stat_replication_slots t ON t.slot_name = s.slot_name
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid
ORDER BY s.slot_name`

func (g *gatherer) slots(ctx context.Context) (err error) {
	g.facts.Slots, err = collect(ctx, g.tx, scanSlot, slotsSQL, g.facts.Server.Position.String())
	return err
}

func scanSlot(row pgx.CollectableRow) (Slot, error) {
	var (
		s               Slot
		confirmed       string
		inactive, since *time.Time
	)
	err := row.Scan(&s.Name, &s.Type, &s.Plugin, &s.Database, &s.Temporary, &confirmed, &s.Behind, &s.Status, &s.Reason, &inactive,
		&s.SpillCount, &s.SpillBytes, &s.ActivePID, &s.Application, &s.Client, &since)
	if err != nil {
		return Slot{}, err
	}
	if s.Confirmed, err = lsn.Parse(confirmed); err != nil {
		return Slot{}, fmt.Errorf("slot %s: %w", s.Name, err)
	}
	s.Inactive, s.Since = orZero(inactive), orZero(since)
	return s, nil
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

const sendersSQL = `
SELECT pid, coalesce(usename, ''), coalesce(application_name, ''),
       coalesce(pg_catalog.pg_wal_lsn_diff($1::text::pg_lsn, flush_lsn), 0)::bigint
FROM pg_catalog.pg_stat_replication ORDER BY pid`

func (g *gatherer) senders(ctx context.Context) (err error) {
	g.facts.Senders, err = collect(ctx, g.tx, func(row pgx.CollectableRow) (s Sender, err error) {
		err = row.Scan(&s.PID, &s.Role, &s.Application, &s.Behind)
		return s, err
	}, sendersSQL, g.facts.Server.Position.String())
	return err
}

// blockersSQL starts from the locks that transactions with an id hold on
// themselves, because those are visible to every role; pg_stat_activity hides
// the transactions of others.
const blockersSQL = `
SELECT l.pid, coalesce(a.application_name, ''),
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start), 0)::float8, a.xact_start IS NOT NULL
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
UNION ALL
SELECT 0, gid, extract(epoch FROM pg_catalog.clock_timestamp() - prepared)::float8, true
FROM pg_catalog.pg_prepared_xacts
ORDER BY 3 DESC, 1`

func (g *gatherer) blockers(ctx context.Context) (err error) {
	g.facts.Blockers, err = collect(ctx, g.tx, func(row pgx.CollectableRow) (t Transaction, err error) {
		var seconds float64
		err = row.Scan(&t.PID, &t.Application, &seconds, &t.AgeKnown)
		t.Age = time.Duration(seconds * float64(time.Second))
		return t, err
	}, blockersSQL)
	return err
}
