package pgtest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// databases counts the names that Database gave, over all servers.
var databases atomic.Int64

// Exec runs the statements one after the other, each in a transaction of its
// own, as a superuser in the database postgres.
func (s *Server) Exec(t testing.TB, sql ...string) {
	t.Helper()
	s.ExecIn(t, "postgres", sql...)
}

// ExecIn is Exec in another database.
func (s *Server) ExecIn(t testing.TB, db string, sql ...string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.DSN(db))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for _, text := range sql {
		if _, err := c.PgConn().Exec(ctx, text).ReadAll(); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// Conn opens a superuser's connection that is closed when the test ends.
func (s *Server) Conn(t testing.TB, db string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), s.DSN(db))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// Database creates an empty database and returns its name. When the test ends it
// is dropped, with its connections and its logical slots.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	s.Exec(t, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		if !s.run.Running() {
			return // stopped for good: it goes with the server
		}
		s.Exec(t,
			`SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE active AND database = '`+name+`'`,
			`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '`+name+`'`,
			`DROP DATABASE `+name+` WITH (FORCE)`)
	})
	return name
}
