package checks

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// The control file knows the timeline of the last checkpoint, which after a
// promotion is still the old one; a log file's name has the one written to.
const serverSQL = `
SELECT pg_catalog.current_setting('server_version_num')::int,
       (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
       CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN (SELECT timeline_id::bigint FROM pg_catalog.pg_control_checkpoint())
            ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END,
       d.datname, d.oid,
       CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END::text,
       pg_catalog.now(),
       (SELECT wal_bytes::float8 FROM pg_catalog.pg_stat_wal),
       (SELECT extract(epoch FROM pg_catalog.now() - stats_reset)::float8 FROM pg_catalog.pg_stat_wal)
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`

// steadyAfter is how many seconds of statistics make a rate.
const steadyAfter = 600

func (g *gatherer) server(ctx context.Context) error {
	var (
		s                Server
		system, position string
		timeline         int64
		wal, seconds     *float64
	)
	err := g.tx.QueryRow(ctx, serverSQL).Scan(&s.Version, &system, &timeline, &s.Database, &s.DatabaseOID,
		&position, &s.Now, &wal, &seconds)
	if err != nil {
		return err
	}
	if s.System, err = strconv.ParseUint(system, 10, 64); err != nil {
		return fmt.Errorf("system identifier: %w", err)
	}
	if s.Position, err = lsn.Parse(position); err != nil {
		return err
	}
	if wal != nil && seconds != nil && *seconds >= steadyAfter {
		s.WALRate = *wal / *seconds
	}
	s.Timeline = uint32(timeline)
	g.facts.Server = s
	return nil
}

type setting struct{ value, unit string }

func (g *gatherer) settings(ctx context.Context) error {
	all := make(map[string]setting)
	_, err := collect(ctx, g.tx, func(row pgx.CollectableRow) (struct{}, error) {
		var name string
		var s setting
		err := row.Scan(&name, &s.value, &s.unit)
		all[name] = s
		return struct{}{}, err
	}, `SELECT name, setting, coalesce(unit, '') FROM pg_catalog.pg_settings WHERE name = ANY ($1)`, []string{
		"wal_level", "max_replication_slots", "max_wal_senders", "wal_sender_timeout", "max_slot_wal_keep_size",
		"logical_decoding_work_mem", "idle_replication_slot_timeout", "synchronous_standby_names",
	})
	if err != nil {
		return err
	}
	g.facts.Settings = Settings{
		WALLevel:        all["wal_level"].value,
		MaxSlots:        int(all["max_replication_slots"].number()),
		MaxSenders:      int(all["max_wal_senders"].number()),
		SenderTimeout:   all["wal_sender_timeout"].duration(),
		SlotKeepBytes:   all["max_slot_wal_keep_size"].bytes(),
		DecodingMemory:  all["logical_decoding_work_mem"].bytes(),
		IdleSlotTimeout: all["idle_replication_slot_timeout"].duration(),
		SyncStandbys:    all["synchronous_standby_names"].value,
	}
	return nil
}

// number is 0 for a setting that this version of the server does not have.
func (s setting) number() int64 {
	n, err := strconv.ParseInt(s.value, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// bytes keeps -1, which stands for "unlimited".
func (s setting) bytes() int64 {
	n := s.number()
	if n < 0 {
		return n
	}
	return n * map[string]int64{"kB": 1 << 10, "8kB": 8 << 10, "MB": 1 << 20, "GB": 1 << 30}[s.unit]
}

func (s setting) duration() time.Duration {
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "min": time.Minute}
	return time.Duration(s.number()) * units[s.unit]
}

// roleSQL also counts the roles that providers grant in place of the attribute.
const roleSQL = `
SELECT r.rolname,
       r.rolreplication OR r.rolsuper OR EXISTS (
         SELECT FROM pg_catalog.pg_roles p
         WHERE p.rolname IN ('rds_replication', 'mdb_replication') AND pg_catalog.pg_has_role(p.oid, 'MEMBER')),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`

func (g *gatherer) role(ctx context.Context) error {
	r := &g.facts.Role
	return g.tx.QueryRow(ctx, roleSQL).Scan(&r.Name, &r.Replication, &r.CreateDatabase)
}
