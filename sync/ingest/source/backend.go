package source

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Backend is one session as the server knows it. Numbers of processes are used again;
// with the time of its begin it is that session and no other.
type Backend struct {
	PID     uint32
	Started time.Time
}

// FindBackend describes a session that is there.
func FindBackend(ctx context.Context, conn *pgx.Conn, pid uint32) (Backend, error) {
	b := Backend{PID: pid}
	err := conn.QueryRow(ctx, `select backend_start from pg_stat_activity where pid = $1`, int64(pid)).Scan(&b.Started)
	if err != nil {
		return Backend{}, fmt.Errorf("find session %d: %w", pid, err)
	}
	return b, nil
}

// endTime is how long the end of a session is waited for.
const endTime = 5 * time.Second

// EndBackend ends a session of a pipeline, waits until it is gone, and reports whether
// it was there.
func EndBackend(ctx context.Context, conn *pgx.Conn, b Backend, pipeline string) (bool, error) {
	tag, err := conn.Exec(ctx, `
		select pg_terminate_backend(pid, $4) from pg_stat_activity
		where pid = $1 and backend_start = $2 and application_name = $3`,
		int64(b.PID), b.Started, ApplicationName(pipeline), endTime.Milliseconds())
	if err != nil {
		return false, fmt.Errorf("end session %d: %w", b.PID, err)
	}
	return tag.RowsAffected() > 0, nil
}
