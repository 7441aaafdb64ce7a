package pgserver_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/pgserver"
)

// TestServer: one that runs is as it says, and one that is closed has left nothing.
func TestServer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Postgres server; not with -short")
	}
	base, err := os.MkdirTemp("", "weir-pgserver-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(base)
	if err := os.Chmod(base, 0o755); err != nil { // for the user postgres
		t.Fatal(err)
	}
	ctx := context.Background()
	s, err := pgserver.Start(ctx, pgserver.Options{
		Bin: programs(t), Dir: base, Settings: map[string]string{"wal_level": "logical", "max_wal_size": "64GB"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	url := s.URL("postgres", "postgres")
	for name, want := range map[string]string{"wal_level": "logical", "fsync": "on", "synchronous_commit": "on", "max_wal_size": "64GB"} {
		if got := setting(t, url, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: got error %v, want none", err)
		}
	}
	if left, err := os.ReadDir(base); err != nil || len(left) > 0 {
		t.Errorf("got %v left behind, error %v, want nothing", left, err)
	}
	if _, err := pgx.Connect(ctx, url); err == nil {
		t.Error("got a connection after the end, want none")
	}
}

func setting(t *testing.T, url, name string) (value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), "select current_setting($1)", name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestStartIsInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Postgres server; not with -short")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if s, err := pgserver.Start(ctx, pgserver.Options{Bin: programs(t)}); err == nil {
		t.Errorf("got %v, want an error: nobody wants it any more", s.Close())
	}
}

func programs(t *testing.T) string {
	t.Helper()
	dir, err := pgserver.Programs("initdb", "postgres")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMissingPrograms(t *testing.T) {
	if dir, err := pgserver.Programs("postgres", "no-such-program"); err == nil {
		t.Errorf("got %s, want an error", dir)
	}
}
