package miniature_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/postgres/count"
	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
	"github.com/weirstreams/weir/e2e/postgres/miniature"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
	"github.com/weirstreams/weir/e2e/postgres/workload"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

var weirBinary = os.Getenv("WEIR_BINARY")

func TestMain(m *testing.M) {
	flag.Parse()
	weirtest.Main(m, "../../..", &weirBinary)
}

// truth is what a run of the workload left behind.
type truth struct {
	appends []miniature.Append
	want    map[string][]count.Want
	tables  map[string]fold.Rows
}

// newTruth runs the workload on a server of its own.
func newTruth(t *testing.T) truth {
	t.Helper()
	server := pgtest.Start(t, pgtest.Options{})
	conn := server.Conn(t, "postgres")
	if err := workload.Create(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	log, err := oracle.Create(t.Context(), conn, "truth")
	if err != nil {
		t.Fatal(err)
	}
	if err := workload.OpenAccounts(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	ledger := workload.Run(t.Context(), server.DSN("postgres"), workload.Options{Seed: 8, BulkRows: 300}, 40)
	if err := ledger.FirstError(); err != nil {
		t.Fatal(err)
	}
	committed, err := log.Advance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, wanted := miniature.Tables{}, map[oracle.Table]count.Table{}
	held := truth{tables: map[string]fold.Rows{}}
	for _, table := range workload.Tables {
		name := oracle.Table{Schema: "public", Name: table.Name}
		keys[name], wanted[name] = table.Key, count.OneStream(table.Name, table.Key...)
		held.tables[table.Name], err = fold.ReadTable(t.Context(), conn, fold.Table{
			Schema: "public", Name: table.Name, Key: table.Key,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	held.want = count.Expect(committed, wanted)
	if held.appends, err = miniature.Events(committed, keys); err != nil {
		t.Fatal(err)
	}
	return held
}

func newClient(t *testing.T) *wire.Client {
	t.Helper()
	server := weirtest.Start(t, weirtest.Config{Binary: weirBinary, Mode: "memory", Env: map[string]string{
		"DS_LIMITS__MAX_STREAM_BYTES": "0",
	}})
	client := wire.New(server.URL(), 64)
	t.Cleanup(client.Close)
	return client
}

// read returns the events of a table's stream.
func read(t *testing.T, client *wire.Client, stream string) []event.Event {
	t.Helper()
	events, err := event.Read(t.Context(), client, stream)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// differences holds a stream against its table.
func differences(t *testing.T, events []event.Event, table string, want fold.Rows) error {
	t.Helper()
	state, err := fold.Of(events)
	if err != nil {
		t.Fatal(err)
	}
	if found := fold.Compare(state.Type(table), want); len(found) > 0 {
		return fmt.Errorf("%s:\n%s", table, found)
	}
	return nil
}
