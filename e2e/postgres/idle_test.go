package postgres_test

import (
	"fmt"
	"testing"
	"time"
)

// T18: tables that are selected rest, while others, and another database, write. The
// slot follows all the same, and the server hardly writes for it.
func TestIdleTablesBusyServer(t *testing.T) {
	const retainedMost = 64 << 20
	l := newLab(t, setup{
		SQL: []string{`create table noise (id bigserial primary key, v text)`, `create database other`},
		Settings: map[string]string{
			"min_wal_size": "32MB", "max_wal_size": "48MB", "checkpoint_timeout": "30s",
		},
		// What keepalives say has to be enough.
		Env: map[string]string{"DS_SYNC__TABLES": "public.*,!public.noise", "DS_SYNC__HEARTBEAT": "off"},
	})
	l.pg.ExecIn(t, "other", `create table noise (id bigserial primary key, v text)`)
	began, before := time.Now(), l.metric("weir_store_commits_total")
	written := 0
	for end := began.Add(sized(2*time.Second, 30*time.Minute)); time.Now().Before(end); {
		const rows = 1000
		sql := fmt.Sprintf(`insert into noise (v) select repeat('n', 2000) from generate_series(1, %d)`, rows)
		l.pg.ExecIn(t, []string{db, "other"}[written/rows%2], sql)
		written += rows
		l.pause(sized(0, 200*time.Millisecond), sized(20*time.Millisecond, time.Second))
	}
	l.exec(`checkpoint`)
	var end string
	l.must(l.ask(&end, `select pg_current_wal_insert_lsn()::text`))
	l.await("confirmation of "+end, func() (bool, error) { return l.confirmed(end) })
	records, took := l.metric("weir_store_commits_total")-before, time.Since(began)
	if most := 1 + took.Seconds()/10; records > most {
		t.Errorf("got %v records in %s, want at most one in 10 s", records, took)
	}
	l.exec(`checkpoint`) // removes what nobody needs
	var retained int64
	l.must(l.ask(&retained, `select pg_current_wal_lsn() - restart_lsn from pg_replication_slots where slot_name = $1`, ingestSlot))
	t.Logf("%d rows of noise, %v records, %d bytes retained", written, records, retained)
	if retained > retainedMost {
		t.Errorf("got %d bytes of log retained, want at most %d", retained, retainedMost)
	}
	l.check()
}
