package ingest_test

import (
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// TestRereadOfAnAlteredTable: a change whose values only the table could tell is older
// than what was done to the table. The table cannot be asked, and nothing stops at it.
func TestRereadOfAnAlteredTable(t *testing.T) {
	for _, sql := range []string{
		`DROP TABLE t`, `ALTER TABLE t RENAME TO u`, `ALTER TABLE t DROP COLUMN v`,
		`ALTER TABLE t ALTER COLUMN id TYPE uuid USING gen_random_uuid()`,
	} {
		r, _ := operated(t)
		r.o.Copy.Mode = route.SnapshotNever
		r.exec(`CREATE TABLE behind (id int PRIMARY KEY)`,
			`CREATE TABLE t (id int PRIMARY KEY, n int, v text); ALTER TABLE t ALTER COLUMN v SET STORAGE EXTERNAL`,
			`INSERT INTO t VALUES (1, 1, repeat('x', 5000))`)
		r.start()
		r.waitState(ingest.StateStreaming)
		r.stop()
		r.exec(`UPDATE t SET n = 2`, sql, `INSERT INTO behind VALUES (1)`)
		r.start()
		r.wait("what comes behind", func() bool { return r.contents("pg/public/behind") != "" })
		if !r.has(`"value":{"id":1,"n":2,"v":null}`) {
			t.Errorf("%s: got %q, want an update with what is known", sql, r.contents("pg/public/t"))
		}
		r.stop()
	}
}
