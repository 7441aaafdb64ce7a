package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// Reading is what the server said of a slot at one instant. It is not changed once it
// was given away.
type Reading struct {
	At   time.Time
	End  lsn.LSN         // of the server's log
	Slot *source.SlotRow // nil: there is no such slot
	// Inactive is how long nobody has read the slot, 0 while somebody does.
	Inactive time.Duration
	// XminAge is how many transactions ago the oldest one began whose catalogue rows
	// the slot keeps from vacuum.
	XminAge int64
	Spill   Spill
	// KeepBytes is max_slot_wal_keep_size in bytes, negative for no limit.
	KeepBytes int64
	// Others are slots that nobody reads, those that keep most first, at most 20.
	Others []Other
}

// Spill is what the server has written to disk because transactions did not fit into
// logical_decoding_work_mem, in total.
type Spill struct {
	Transactions int64 `json:"transactions"`
	Times        int64 `json:"times"`
	Bytes        int64 `json:"bytes"`
}

// Other is another slot of the server.
type Other struct {
	Name          string `json:"name"`
	RetainedBytes int64  `json:"retained_bytes"`
}

// serverQuery reads the end of the log and what concerns one slot, if it is there.
const serverQuery = `
SELECT (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
             ELSE pg_catalog.pg_current_wal_lsn() END)::pg_catalog.text,
       coalesce((SELECT pg_catalog.age(catalog_xmin) FROM pg_catalog.pg_replication_slots WHERE slot_name = $1), 0)::pg_catalog.int8,
       coalesce((SELECT setting::pg_catalog.int8 FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size'), -1)`

// spillQuery has no row before the slot has decoded anything.
const spillQuery = `
SELECT spill_txns, spill_count, spill_bytes
FROM pg_catalog.pg_stat_replication_slots WHERE slot_name = $1`

const othersQuery = `
SELECT slot_name::pg_catalog.text, pg_catalog.pg_wal_lsn_diff($2::pg_catalog.text::pg_catalog.pg_lsn, restart_lsn)::pg_catalog.int8
FROM pg_catalog.pg_replication_slots
WHERE NOT active AND slot_name <> $1 AND restart_lsn IS NOT NULL
ORDER BY 2 DESC LIMIT 20`

// read asks for everything. It takes a few catalogue reads and locks nothing.
func read(ctx context.Context, conn *pgx.Conn, slot string) (Reading, error) {
	r := Reading{At: time.Now().UTC()}
	row, there, err := source.FindSlot(ctx, conn, slot)
	if err != nil {
		return Reading{}, err
	}
	if there {
		r.Slot = &row
	}
	var end string
	if err = conn.QueryRow(ctx, serverQuery, slot).Scan(&end, &r.XminAge, &r.KeepBytes); err == nil {
		r.End, err = lsn.Parse(end)
	}
	if err != nil {
		return Reading{}, fmt.Errorf("read the server's position: %w", err)
	}
	if r.KeepBytes > 0 {
		r.KeepBytes <<= 20 // the setting counts MiB
	}
	err = conn.QueryRow(ctx, spillQuery, slot).Scan(&r.Spill.Transactions, &r.Spill.Times, &r.Spill.Bytes)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Reading{}, fmt.Errorf("read spilled transactions: %w", err)
	}
	rows, err := conn.Query(ctx, othersQuery, slot, end)
	if err == nil {
		r.Others, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Other])
	}
	if err != nil {
		return Reading{}, fmt.Errorf("read the other slots: %w", err)
	}
	return r, nil
}
