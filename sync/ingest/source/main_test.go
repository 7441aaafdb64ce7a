package source_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/source"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// within is a context that ends a stuck test with a message of its own.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// target builds a Target of the test's server and database.
func target(t testing.TB, s *pgtest.Server, db string) *source.Target {
	t.Helper()
	got, err := source.NewTarget(source.Options{URL: s.URL("postgres", db), Pipeline: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// replication opens a walsender connection that ends with the test.
func replication(t testing.TB, tgt *source.Target) *pgconn.PgConn {
	t.Helper()
	conn, err := tgt.Replication(within(t, 10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// slot creates a slot for the test's database; the database's end drops it.
func slot(t testing.TB, tgt *source.Target, name string) source.Slot {
	t.Helper()
	conn := replication(t, tgt)
	defer conn.Close(context.Background())
	made, err := source.CreateSlot(within(t, 10*time.Second), conn, source.SlotSpec{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return made
}
