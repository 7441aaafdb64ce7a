package snapshot_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

// The tables without a key: a log, and bags with a stream of their own, with streams
// that go by a column, and in a stream with another table. Many of their rows are
// equal.
var (
	keylessDDL = []string{
		"CREATE TABLE log (v text)",
		"CREATE TABLE bag (a int, v text); ALTER TABLE bag REPLICA IDENTITY FULL",
		"CREATE TABLE rooms (a int, v text); ALTER TABLE rooms REPLICA IDENTITY FULL",
		"CREATE TABLE half (a int, v text); ALTER TABLE half REPLICA IDENTITY FULL",
		"CREATE TABLE keyed (a int PRIMARY KEY, v text)",
	}
	keylessRoutes = strings.Join([]string{
		"{table: public.log, no_key: append}",
		"{table: public.bag, no_key: hash}",
		"{table: public.rooms, no_key: hash, template: 'pg/room/{column:a}'}",
		"{table: public.half, no_key: hash, template: pg/shared}",
		"{table: public.keyed, template: pg/shared}",
	}, "\n  - ")
	bags = []string{"bag", "rooms", "half"}
)

// TestKeylessWorkload changes tables without a key at random while they are copied,
// with crashes in between, and compares at the end.
func TestKeylessWorkload(t *testing.T) {
	w := newWorld(t, postgres.Server(t), keylessRoutes, keylessDDL...)
	w.o.ChunkRows, w.o.Workers = 13, 3
	for range 6 {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		w.keylessWorkload(rand.New(rand.NewPCG(seed, 0)))
	}
}

// TestToldOnce: what a transaction has done that the copy's snapshot sees, and that the
// stream comes to only then, is copied and not told; neither is it later, when the
// stream tells of it once more.
func TestToldOnce(t *testing.T) {
	for table, changes := range map[string]string{
		"log": "INSERT INTO log VALUES ('v'), ('new'); UPDATE log SET v = 'newer' WHERE v = 'new'",
		"bag": "INSERT INTO bag VALUES (1, 'v'); DELETE FROM bag WHERE a = 2; UPDATE bag SET a = 4 WHERE a = 3",
	} {
		w := newWorld(t, postgres.Server(t), keylessRoutes,
			"CREATE TABLE log (v text); ALTER TABLE log REPLICA IDENTITY FULL; INSERT INTO log VALUES ('v')", keylessDDL[1],
			"INSERT INTO bag VALUES (1, 'v'), (2, 'v'), (3, 'v')")
		others := map[string]string{"log": "bag", "bag": "log"}
		w.exec("DROP TABLE " + others[table])
		from := w.slotOnly()
		var once sync.Once
		w.inside = func() { once.Do(func() { w.server.ExecIn(t, w.db, changes) }) }
		for range 2 {
			s := w.stream(from)
			if err := s.quiet(); err != nil {
				t.Fatal(err)
			}
			s.stop()
			w.sameRows(table)
		}
	}
}

// TestStandbyMissingWithoutAKey: a snapshot that does not see what the stream has told
// is not copied from: the stream's word would be ended, and the row be nowhere.
func TestStandbyMissingWithoutAKey(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{})
	w := newWorld(t, server, keylessRoutes, keylessDDL[1], "INSERT INTO bag VALUES (1, 'v')")
	from := w.slotOnly()
	reset := func() {
		server.Exec(t, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
	}
	defer reset() // otherwise the server does not stop
	done := make(chan error, 1)
	var once sync.Once
	reached := make(chan struct{})
	w.meddle = func() lsn.LSN {
		once.Do(func() {
			defer close(reached)
			server.Exec(t, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
			hanging := server.Conn(t, w.db)
			w.settled("SELECT current_setting('synchronous_standby_names') = 'nobody'")
			go func() {
				_, err := hanging.Exec(context.Background(), "SET application_name = 'hanging'; INSERT INTO bag VALUES (2, 'v')")
				done <- err
			}()
			w.settled("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'hanging'")
			for len(w.fold("bag")) == 0 {
				time.Sleep(time.Millisecond)
			}
		})
		return 0
	}
	s := w.stream(from)
	defer s.stop()
	<-reached
	// A copy that does not wait would be through by then, as nothing keeps it.
	for range 20 {
		w.exec("SELECT pg_sleep(0.01)")
		if s.copied() {
			t.Fatal("the table is copied from a snapshot that does not see what the stream has told")
		}
	}
	reset()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	w.sameRows("bag")
}

func (w *world) keylessWorkload(r *rand.Rand) {
	w.o.MaxTouched = []int{2, 0}[r.IntN(2)]
	w.fresh()
	w.exec("TRUNCATE log, bag, rooms, half, keyed")
	for range 100 {
		for _, table := range bags {
			w.exec(fmt.Sprintf("INSERT INTO %s VALUES (%d, 'v%d')", table, r.IntN(3), r.IntN(3)))
		}
		w.exec(fmt.Sprintf("INSERT INTO log VALUES ('v%d')", r.IntN(3)))
	}
	w.exec("INSERT INTO keyed SELECT n, 'v' FROM generate_series(1, 100) n")
	from := w.keylessFrom(r)
	meddling := rand.New(rand.NewPCG(r.Uint64(), 1))
	w.meddle = w.meddler(func(conn *pgx.Conn) { w.keylessChange(meddling, conn) })
	defer func() { w.meddle = nil }()
	for crashes := r.IntN(4); ; crashes-- {
		if crashes > 0 {
			w.sink.breakAt(1+r.IntN(80), r.IntN(2) == 0)
		}
		s := w.stream(from)
		w.keylessChanges(r)
		err := s.quiet()
		s.stop()
		w.sink.breakAt(0, false)
		if err == nil && crashes <= 0 {
			break
		}
	}
	w.sameRows("log")
	for _, table := range bags {
		w.sameRows(table)
	}
	w.same("keyed", "a")
}

// keylessFrom creates the slot, with a copy that may be cut short, or without one.
func (w *world) keylessFrom(r *rand.Rand) lsn.LSN {
	if r.IntN(3) == 0 {
		return w.slotOnly()
	}
	if r.IntN(2) == 0 {
		w.sink.breakAt(20+r.IntN(80), r.IntN(2) == 0)
	}
	slot, err := w.consistent(context.Background())
	w.sink.breakAt(0, false)
	if err != nil && slot.ConsistentPoint == 0 {
		w.fresh()
		return w.slotOnly()
	}
	return slot.ConsistentPoint
}

// keylessChanges makes changes in two transactions at a time. Now and then a table is
// copied anew.
func (w *world) keylessChanges(r *rand.Rand) {
	w.t.Helper()
	ctx := context.Background()
	conns := []*pgx.Conn{w.server.Conn(w.t, w.db), w.server.Conn(w.t, w.db)}
	tables := w.tables()
	for range 80 {
		w.keylessChange(r, conns[r.IntN(len(conns))])
		if r.IntN(20) == 0 {
			// It may be under way, or the sink be broken: then it is not copied anew.
			_, _ = w.copier.Again(ctx, tables[r.IntN(len(tables))])
		}
	}
	for _, conn := range conns {
		if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
			w.t.Fatal(err)
		}
		conn.Close(ctx)
	}
}

func (w *world) keylessChange(r *rand.Rand, conn *pgx.Conn) {
	ctx := context.Background()
	table := bags[r.IntN(len(bags))]
	one := fmt.Sprintf("ctid = (SELECT ctid FROM %s ORDER BY ctid OFFSET %d LIMIT 1)", table, r.IntN(60))
	var sql string
	switch n := r.IntN(100); {
	case n < 25:
		sql = "COMMIT"
	case n < 28:
		sql = "ROLLBACK"
	case n < 45:
		sql = fmt.Sprintf("INSERT INTO %s SELECT %d, 'v%d' FROM generate_series(1, %d)", table, r.IntN(3), r.IntN(3), 1+r.IntN(3))
	case n < 60:
		sql = fmt.Sprintf("UPDATE %s SET a = %d, v = 'v%d' WHERE %s", table, r.IntN(3), r.IntN(3), one)
	case n < 75:
		sql = fmt.Sprintf("DELETE FROM %s WHERE %s", table, one)
	case n < 78:
		sql = fmt.Sprintf("DELETE FROM %s WHERE a = %d", table, r.IntN(3))
	case n < 90:
		sql = fmt.Sprintf("INSERT INTO log VALUES ('v%d')", r.IntN(3))
	case n < 96:
		sql = fmt.Sprintf("INSERT INTO keyed VALUES (%d, 'new') ON CONFLICT (a) DO UPDATE SET v = 'newer'", r.IntN(100))
	case n < 98:
		sql = "TRUNCATE " + table
	default:
		sql = "TRUNCATE log"
	}
	_, err := conn.Exec(ctx, "SET lock_timeout = '20ms'; BEGIN; "+sql)
	if err != nil && strings.Contains(err.Error(), "SQLSTATE") {
		_, err = conn.Exec(ctx, "ROLLBACK")
	}
	if err != nil {
		w.t.Errorf("%s: %v", sql, err)
	}
}
