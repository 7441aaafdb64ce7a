package monitor_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest/monitor"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

// The server may lose slots.
var postgres = pgtest.Shared{Options: pgtest.Options{Settings: map[string]string{"max_slot_wal_keep_size": "3MB", "min_wal_size": "32MB", "max_wal_size": "32MB"}}}

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// watched runs a monitor of a slot until the test ends. The log may be read when stop
// has returned.
func watched(t *testing.T, dsn func() string, o monitor.Options) (readings <-chan monitor.Reading, log *bytes.Buffer, stop func()) {
	t.Helper()
	seen, log := make(chan monitor.Reading), new(bytes.Buffer)
	ctx, cancel := context.WithCancel(context.Background())
	o.Connect = func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, dsn()) }
	o.Ours = func(context.Context) (bool, error) { return strings.HasPrefix(o.Slot, "ours"), nil }
	o.Lag = func() time.Duration { return 0 }
	o.Seen = func(r monitor.Reading) {
		select {
		case seen <- r:
		case <-ctx.Done():
		}
	}
	o.Every, o.Log = time.Millisecond, zerolog.New(log)
	ended := make(chan struct{})
	go func() { defer close(ended); monitor.New(o).Run(ctx) }()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return seen, log, stop
}

// await returns the first reading of which something is true.
func await(t *testing.T, readings <-chan monitor.Reading, what string, is func(monitor.Reading) bool) monitor.Reading {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case r := <-readings:
			if is(r) {
				return r
			}
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func makeSlot(t *testing.T, s *pgtest.Server, db, slot string) {
	t.Helper()
	s.ExecIn(t, db, fmt.Sprintf(`SELECT pg_create_logical_replication_slot('%s', 'pgoutput')`, slot))
}

func TestReading(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	makeSlot(t, s, db, "ours_read")
	makeSlot(t, s, db, "another")
	readings, log, stop := watched(t, func() string { return s.DSN(db) }, monitor.Options{Slot: "ours_read"})
	first := await(t, readings, "a reading", func(monitor.Reading) bool { return true })
	if first.Slot == nil || first.Slot.Name != "ours_read" || first.End == 0 || first.KeepBytes != 3<<20 {
		t.Errorf("got %+v, want the slot, the end of the log and a limit of 3 MiB", first)
	}
	if len(first.Others) != 1 || first.Others[0].Name != "another" {
		t.Errorf("other slots: got %v, want the one that nobody reads", first.Others)
	}
	s.ExecIn(t, db, `CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 1000)`)
	await(t, readings, "retained bytes and time without a reader", func(r monitor.Reading) bool {
		return r.Slot.RetainedBytes > 1<<20 && r.Inactive > first.Inactive && r.End > first.End && r.XminAge > 0
	})
	s.ExecIn(t, db, `SELECT pg_drop_replication_slot('ours_read')`)
	await(t, readings, "no slot", func(r monitor.Reading) bool { return r.Slot == nil })
	stop()
	if text := log.String(); strings.Count(text, "about 3 MiB (max_slot_wal_keep_size)") != 1 {
		t.Errorf("got the log %s, want one line about what is kept at most", text)
	}
}

// A slot that is lost is called lost, although nobody could connect when it happened.
func TestLostSlotAndLostConnection(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	makeSlot(t, s, db, "ours_lost")
	readings, log, stop := watched(t, func() string { return s.DSN(db) }, monitor.Options{Slot: "ours_lost", Limits: monitor.Limits{StopBytes: 1 << 40}})
	await(t, readings, "the slot", func(r monitor.Reading) bool { return r.Slot != nil })
	s.ExecIn(t, "postgres", fmt.Sprintf(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '%s'`, db))
	for range 3 {
		s.ExecIn(t, db, `CREATE TABLE t (i int)`, `DROP TABLE t`, `SELECT pg_switch_wal()`, `CHECKPOINT`)
	}
	await(t, readings, "the loss", func(r monitor.Reading) bool { return r.Slot != nil && r.Slot.WALStatus == "lost" })
	stop()
	if text := log.String(); strings.Count(text, `"wal_status":"lost"`) != 1 {
		t.Errorf("got the log %s, want one error about the loss", text)
	}
}

// Only a slot of the pipeline itself is dropped.
func TestDrop(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	for _, slot := range []string{"theirs", "ours"} {
		makeSlot(t, s, db, slot)
		readings, log, stop := watched(t, func() string { return s.DSN(db) }, monitor.Options{Slot: slot, Limits: monitor.Limits{StopBytes: 1 << 20}})
		s.ExecIn(t, db, `CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 1500)`, `DROP TABLE t`)
		if slot == "ours" {
			await(t, readings, "no slot", func(r monitor.Reading) bool { return r.Slot == nil })
		} else {
			for range 3 {
				await(t, readings, "the slot above its limit", func(r monitor.Reading) bool { return r.Slot.RetainedBytes > 1<<20 })
			}
		}
		stop()
		if got, want := strings.Contains(log.String(), "dropping the slot"), slot == "ours"; got != want {
			t.Errorf("%s: got a drop in the log: %v, want %v: %s", slot, got, want, log)
		}
	}
}
