package snapshot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// meanwhile lets one thing after the other happen while chunks are on their way.
func (w *world) meanwhile(all []string) func() lsn.LSN {
	chunks := 0
	return func() lsn.LSN {
		if chunks++; chunks > 2 && len(all) > 0 {
			w.server.ExecIn(w.t, w.db, all[0])
			all = all[1:]
		}
		conn := w.server.Conn(w.t, w.db)
		defer conn.Close(context.Background())
		end, err := source.Emit(context.Background(), conn, "test", []byte{})
		if err != nil {
			w.t.Error(err)
		}
		return end
	}
}

// TestRewritten: what moves or empties a table behind the cursor loses nothing.
func TestRewritten(t *testing.T) {
	for name, sql := range map[string][]string{
		"truncate":    {"TRUNCATE many; INSERT INTO many SELECT n, 'new' FROM generate_series(1, 2000) n"},
		"vacuum full": {"UPDATE many SET text = 'n' WHERE id % 2 = 0; DELETE FROM many WHERE id < 500", "VACUUM FULL many"},
		"new column":  {"ALTER TABLE many ADD COLUMN extra int DEFAULT 7"},
		"new type":    {"ALTER TABLE many ALTER COLUMN text TYPE varchar(500)"},
		"cluster":     {"CLUSTER many USING many_pkey"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, postgres.Server(t), "", many)
			w.o.ChunkRows, w.o.Workers = 1000, 1
			w.meddle = w.meanwhile(sql)
			s := w.stream(w.slotOnly())
			defer s.stop()
			if err := s.quiet(); err != nil {
				t.Fatal(err)
			}
			w.same("many", "id")
		})
	}
}

// TestAgain: a table is copied anew although its stream has rows of old, and of
// another table.
func TestAgain(t *testing.T) {
	for _, routes := range []string{"", `{table: "public.*", template: all}`} {
		w := newWorld(t, postgres.Server(t), routes, "CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)", many)
		if routes != "" {
			w.names = []string{"all"}
		}
		slot, err := w.consistent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.exec("ALTER PUBLICATION p SET (publish = 'insert')")
		w.exec("DELETE FROM many WHERE id > 10")
		s := w.stream(slot.ConsistentPoint)
		if err := s.quiet(); err != nil {
			t.Fatal(err)
		}
		for _, table := range w.tables() {
			if table.Name == "many" {
				w.anew(table)
			}
		}
		if err := s.quiet(); err != nil {
			t.Fatal(err)
		}
		s.stop()
		w.same("many", "id")
		w.same("other", "id")
	}
}

// TestAgainBesideOthers: what is copied anew are the rows of one table, and not those
// of another whose streams lie between its own.
func TestAgainBesideOthers(t *testing.T) {
	w := newWorld(t, postgres.Server(t), `{table: "public.*", template: "pg/{column:id}/{schema}/{table}"}`,
		"CREATE TABLE few (id int PRIMARY KEY); INSERT INTO few VALUES (1), (2)",
		"CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1), (2)")
	slot, err := w.consistent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := w.stream(slot.ConsistentPoint)
	defer s.stop()
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	for _, table := range w.tables() {
		if table.Name == "few" {
			w.anew(table)
		}
	}
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	w.same("few", "id")
	w.same("other", "id")
}

// TestAgainTogether: two tables of one stream that are copied anew at the same time are
// both taken out of it first.
func TestAgainTogether(t *testing.T) {
	w := newWorld(t, postgres.Server(t), `{table: "public.*", template: all}`,
		"CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other SELECT generate_series(1, 20)", many)
	w.names = []string{"all"}
	w.o.Hold = w.held.Load
	w.again()
	slot, err := w.consistent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.exec("ALTER PUBLICATION p SET (publish = 'insert')")
	w.exec("DELETE FROM many WHERE id > 10")
	w.exec("DELETE FROM other WHERE id > 10")
	s := w.stream(slot.ConsistentPoint)
	defer s.stop()
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	w.held.Store(true)
	for _, table := range w.tables() {
		w.anew(table)
		w.waits(table, "for the slot to have room")
	}
	w.held.Store(false)
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	w.same("many", "id")
	w.same("other", "id")
}

// anew has a table copied anew as soon as nobody copies it.
func (w *world) anew(t snapshot.Table) {
	w.t.Helper()
	for sure := false; !sure; {
		var err error
		if sure, err = w.copier.Again(w.t.Context(), t); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestLimits: a consistent copy that takes too long leaves the rest to be copied
// beside the changes, and nothing is copied twice.
func TestLimits(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "", many)
	w.o.ChunkRows, w.o.Workers, w.o.Rate, w.o.MaxDuration = 100, 2, 10_000, 50*time.Millisecond
	w.again()
	slot, err := w.consistent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := w.copier.Progress()
	if len(p) != 1 || p[0].State != snapshot.Copying || p[0].Rows == 0 || p[0].Rows >= 5000 || p[0].Percent <= 0 || p[0].Percent >= 100 {
		t.Fatalf("progress is %+v, want a copy under way", p)
	}
	w.o.Rate = 0
	s := w.stream(slot.ConsistentPoint)
	defer s.stop()
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	w.same("many", "id")
	w.once("pg/public/many")
	if p := w.copier.Progress(); len(p) != 1 || p[0].State != snapshot.Done || p[0].Percent != 100 {
		t.Errorf("progress is %+v, want a copy that is done", p)
	}
}

// TestFinished: what was copied is not read again.
func TestFinished(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "", many)
	slot, err := w.consistent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	scans := func() (n int64) {
		// Connections count what they have read at their end.
		w.settled("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'ds-sync/t' AND datname = current_database()")
		if err := w.conn.QueryRow(t.Context(), "SELECT seq_tup_read FROM pg_stat_user_tables").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := scans()
	s := w.stream(slot.ConsistentPoint)
	err = s.quiet()
	s.stop()
	if err != nil {
		t.Fatal(err)
	}
	if after := scans(); after != before {
		t.Errorf("%d rows were read by a copier with nothing to do", after-before)
	}
}

// TestGone: a table that is not published is said so.
func TestGone(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "", many)
	w.exec("DROP PUBLICATION p")
	w.exec("CREATE PUBLICATION p")
	if _, err := w.consistent(t.Context()); err == nil || !strings.Contains(err.Error(), "public.many") {
		t.Errorf("got %v, want an error that names the table", err)
	}
}
