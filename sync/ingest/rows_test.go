package ingest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// TestRowsOfTables: the changes of each table are counted, over all sessions, and a table
// is there before its first change.
func TestRowsOfTables(t *testing.T) {
	r := newRig(t)
	r.exec(`CREATE TABLE a (id int PRIMARY KEY)`, `CREATE TABLE "B" (id int PRIMARY KEY)`)
	r.start()
	r.counts(ingest.TableRows{Table: "public.B"}, ingest.TableRows{Table: "public.a"})
	r.exec(
		`INSERT INTO a SELECT generate_series(1, 5)`, `UPDATE a SET id = 10 WHERE id < 2`, `DELETE FROM a WHERE id IN (2, 3)`,
		`INSERT INTO "B" VALUES (1)`, `TRUNCATE a, "B"`,
	)
	r.counts(ingest.TableRows{Table: "public.B", Inserts: 1, Truncates: 1}, ingest.TableRows{Table: "public.a", Inserts: 5, Updates: 1, Deletes: 2, Truncates: 1})
	r.exec(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '` + r.o.Slot + `'`)
	r.wait("another session", func() bool { return len(r.pipeline.Status().Reconnects) > 0 })
	r.exec(`INSERT INTO a VALUES (1)`)
	// What comes once more after a reconnect is handled once more.
	r.wait("the same sums as of all tables", func() bool {
		s := r.pipeline.Status()
		b, a := s.Rows[0], s.Rows[1]
		return a.Inserts > 5 && a.Inserts+b.Inserts == s.Counts.Inserts && a.Updates+b.Updates == s.Counts.Updates && a.Deletes+b.Deletes == s.Counts.Deletes
	})
}

// counts waits for the counts of all tables.
func (r *rig) counts(want ...ingest.TableRows) {
	r.t.Helper()
	r.wait(fmt.Sprintf("the counts %+v", want), func() bool { return slices.Equal(r.pipeline.Status().Rows, want) })
}

func TestManyTables(t *testing.T) {
	for _, test := range []struct{ tables, want int }{{0, 0}, {199, 199}, {200, 0}, {1000, 0}} {
		var tables []source.Table
		for i := range test.tables {
			tables = append(tables, source.Table{Schema: "s", Name: fmt.Sprint(i)})
		}
		if got := len(ingest.RowsOf(tables)); got != test.want {
			t.Errorf("%d tables: got counts of %d, want %d", test.tables, got, test.want)
		}
	}
}
