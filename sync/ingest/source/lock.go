package source

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// lockKey is the advisory lock of a pipeline: the same in every release and on
// every machine, or two instances would not exclude each other.
func lockKey(pipeline string) int64 {
	sum := sha256.Sum256([]byte(ApplicationName(pipeline)))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// AdvisoryLock takes the pipeline's lock, or reports false if another session
// of this database has it. The server releases it when the connection dies, so
// it belongs on the replication connection: the lock then lasts as long as the
// right to stream.
func AdvisoryLock(ctx context.Context, conn *pgconn.PgConn, pipeline string) (bool, error) {
	sql := fmt.Sprintf("SELECT pg_catalog.pg_try_advisory_lock(%d)", lockKey(pipeline))
	got, err := oneValue(ctx, conn, sql)
	if err != nil {
		return false, fmt.Errorf("take lock of pipeline %s: %w", pipeline, err)
	}
	return got == "t", nil
}

// TerminateOurs ends the walsender that holds a slot, and reports whether it
// did. It touches nothing unless that walsender names itself after the
// pipeline and the session holder, ours, has the pipeline's lock: whoever has
// the lock is the one instance that may stream.
func TerminateOurs(ctx context.Context, conn *pgx.Conn, slot, pipeline string, holder uint32) (bool, error) {
	key := uint64(lockKey(pipeline))
	var ended bool
	err := conn.QueryRow(ctx, terminateQuery, slot, ApplicationName(pipeline),
		int64(holder), int64(key>>32), int64(key&0xffffffff)).Scan(&ended)
	if err != nil {
		return false, fmt.Errorf("end the leftover on slot %s: %w", slot, err)
	}
	return ended, nil
}

// terminateQuery checks and acts in one statement. pg_locks shows a 64-bit key
// as two halves.
const terminateQuery = `
select coalesce(bool_or(pg_terminate_backend(a.pid)), false)
from pg_replication_slots s
join pg_stat_activity a on a.pid = s.active_pid
where s.slot_name = $1 and a.application_name = $2 and a.pid <> $3::int8
  and exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.database = (select oid from pg_database where datname = current_database())
      and l.pid = $3::int8 and l.classid::int8 = $4::int8 and l.objid::int8 = $5::int8)`
