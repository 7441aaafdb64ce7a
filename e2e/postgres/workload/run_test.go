package workload_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/postgres/workload"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// TestRun holds that eight sessions get through all their steps without meeting
// in a deadlock, and leave the balances as they were.
func TestRun(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	conn := server.Conn(t, db)
	if err := workload.Create(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := workload.OpenAccounts(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	ledger := workload.Run(t.Context(), server.DSN(db), workload.Options{Seed: 5, BulkRows: 500}, 60)
	t.Log(ledger)
	if err := ledger.FirstError(); err != nil {
		t.Errorf("got a step that failed: %v", err)
	}
	if got := len(ledger.Entries()); got != 8*60 {
		t.Errorf("got %d steps, want %d", got, 8*60)
	}
	var sum, leftovers int
	err := conn.QueryRow(t.Context(), `select (select sum(balance) from accounts),
		(select count(*) from pg_prepared_xacts where database = current_database())`).Scan(&sum, &leftovers)
	if err != nil {
		t.Fatal(err)
	}
	if sum != workload.Total || leftovers != 0 {
		t.Errorf("got the sum %d and %d prepared transactions left, want %d and 0", sum, leftovers, workload.Total)
	}
}

// TestRunSurvivesLostConnections cuts all sessions off in the middle.
func TestRunSurvivesLostConnections(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	conn := server.Conn(t, db)
	if err := workload.Create(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := workload.OpenAccounts(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ledger := &workload.Ledger{Options: workload.Options{Seed: 6, Sessions: 4, BulkRows: 100}}
	running := workload.Go(ctx, server.DSN(db), ledger, 1<<30)
	await(t, "failures", func() bool {
		_, err := conn.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid()`)
		if err != nil {
			t.Fatal(err)
		}
		return ledger.Count(workload.Failed) >= 4
	})
	before := ledger.Count(workload.Committed)
	await(t, "steps after the failures", func() bool { return ledger.Count(workload.Committed) >= before+20 })
	stop()
	running.Wait()
	var sum int
	if err := conn.QueryRow(t.Context(), `select sum(balance) from accounts`).Scan(&sum); err != nil {
		t.Fatal(err)
	}
	if sum != workload.Total {
		t.Errorf("got the sum %d, want %d", sum, workload.Total)
	}
}

func await(t *testing.T, what string, there func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		if there() {
			return
		}
	}
	t.Fatalf("%s: got none in 30 s", what)
}
