package pgtest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

func show(t *testing.T, dsn, setting string) string {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var value string
	if err := c.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSocketAndTCP(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	for _, dsn := range []string{s.DSN(db), s.URL("postgres", db)} {
		if got := show(t, dsn, "wal_level"); got != "logical" {
			t.Errorf("wal_level by %s is %q, want logical", dsn, got)
		}
	}
}

func TestDatabaseGoesWithItsSlots(t *testing.T) {
	s := postgres.Server(t)
	t.Run("inner", func(t *testing.T) {
		s.ExecIn(t, s.Database(t), "SELECT pg_create_logical_replication_slot('kept', 'pgoutput')")
	})
	var slots int
	if err := s.Conn(t, "postgres").QueryRow(context.Background(), "SELECT count(*) FROM pg_replication_slots").Scan(&slots); err != nil {
		t.Fatal(err)
	}
	if slots != 0 {
		t.Errorf("%d slots are left, want none", slots)
	}
}

// TestDataSurvives stops a server in every way and finds the row of before.
func TestDataSurvives(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"work_mem": "5MB"}})
	s.Exec(t, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
	s.Restart(t, pgtest.Fast)
	s.Restart(t, pgtest.Immediate)
	s.Kill(t)
	s.Start(t)
	s.Exec(t, "SELECT 1/count(*) FROM t")
	if got := show(t, s.DSN("postgres"), "work_mem"); got != "5MB" {
		t.Errorf("work_mem is %q, want 5MB", got)
	}
}

func TestNothingIsLeft(t *testing.T) {
	t.Setenv("TMPDIR", open(t))
	t.Run("inner", func(t *testing.T) {
		s := pgtest.Start(t, pgtest.Options{OwnSystem: true, HBA: []string{"host all nobody 127.0.0.1/32 reject"}})
		if _, err := pgx.Connect(context.Background(), s.URL("nobody", "postgres")); err == nil {
			t.Error("a connection that pg_hba.conf rejects was made")
		}
	})
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) != 0 {
		t.Errorf("files after the test are %v (%v), want none", left, err)
	}
}

// open makes a directory that any user can reach, unlike the test's own.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "open")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
