package ingest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// watched is a rig that looks at its tables often.
func watched(t *testing.T) (*rig, *journal) {
	t.Helper()
	r, log := operated(t)
	r.o.WatchEvery, r.o.Copy.Mode = 90*time.Millisecond, route.SnapshotAuto
	return r, log
}

// thing is a table of 20 rows that every test of this file begins with.
const thing = `CREATE TABLE thing (id int PRIMARY KEY, code text NOT NULL, n int);
	INSERT INTO thing SELECT i, 'c' || i, i FROM generate_series(1, 20) i`

// T25: what is done to a table while rows change.
func TestTableIsAltered(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	for _, c := range []struct{ sql, what string }{
		{`ALTER TABLE thing ADD COLUMN a text`, "column a was added"},
		{`ALTER TABLE thing ADD COLUMN b text NOT NULL DEFAULT 'filled'`, "column b was added, with values"},
		{`ALTER TABLE thing ADD COLUMN c float DEFAULT random()`, "column c was added, with values"},
		{`ALTER TABLE thing DROP COLUMN c`, "column c was dropped"},
		{`ALTER TABLE thing RENAME COLUMN b TO d`, "column b is called d"},
		{`ALTER TABLE thing ALTER COLUMN n TYPE text`, "type of column n"},
		{`ALTER TABLE thing ALTER COLUMN n TYPE text USING n || '!'`, "values of column n"},
		{`ALTER TABLE thing ALTER COLUMN code TYPE varchar`, "values have not"},
		{`BEGIN; UPDATE thing SET a = 'before'; ALTER TABLE thing DROP COLUMN a; UPDATE thing SET d = 'between';
			ALTER TABLE thing ADD COLUMN a text DEFAULT 'again'; UPDATE thing SET a = 'after' WHERE id % 2 = 0; COMMIT`, "column a was added, with"},
	} {
		r.exec(`UPDATE thing SET code = code || '.' WHERE id < 4`, c.sql, `UPDATE thing SET code = code || '.' WHERE id = 3`)
		r.noticed(c.what)
		r.settles("thing", "id")
	}
}

// Nobody writes to the table: the watcher alone finds out.
func TestIdleTableIsAltered(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`ALTER TABLE thing ADD COLUMN b int DEFAULT 7`)
	r.settles("thing", "id")
}

// What is done while the pipeline is down is found when it starts.
func TestTableIsAlteredMeanwhile(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.stop()
	r.exec(`UPDATE thing SET n = 0 WHERE id = 2`, `ALTER TABLE thing ADD COLUMN b int DEFAULT 7`, `DELETE FROM thing WHERE id = 1`)
	r.start()
	r.settles("thing", "id")
}

func TestKeyChanges(t *testing.T) {
	r, log := watched(t)
	r.exec(thing, `ALTER TABLE thing REPLICA IDENTITY FULL`)
	r.start()
	r.settles("thing", "id")
	r.exec(`UPDATE thing SET n = 0 WHERE id < 9`) // the session knows the table, with its old key
	r.settles("thing", "id")
	r.exec(`BEGIN; ALTER TABLE thing DROP CONSTRAINT thing_pkey; ALTER TABLE thing ADD PRIMARY KEY (code); COMMIT`,
		`UPDATE thing SET n = 0 WHERE id < 5`)
	r.settles("thing", "code")
	r.exec(`UPDATE thing SET n = 1 WHERE id < 3`, `DELETE FROM thing WHERE id = 4`)
	r.settles("thing", "code")
	if n := log.count(`"level":"warn"`, "other columns", "copied anew"); n != 1 {
		t.Errorf("got %d warnings of the key, want 1", n)
	}
}

func TestTableIsRenamed(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`ALTER TABLE thing RENAME TO other`, `INSERT INTO other VALUES (100, 'x', 1)`)
	r.noticed("called public.thing")
	r.settles("other", "id")
	r.wait("the end of the old stream", func() bool { return r.closed("pg/public/thing") })
	if r.closed("pg/public/other") {
		t.Error("the new stream is closed, want it open")
	}

	// Another table of the old name begins its stream anew.
	r.exec(`CREATE TABLE thing (id int PRIMARY KEY); INSERT INTO thing VALUES (7)`)
	r.settles("thing", "id")
	r.exec(`INSERT INTO thing VALUES (8)`)
	r.settles("thing", "id")
	if r.closed("pg/public/thing") || strings.Contains(r.contents("pg/public/thing"), "c1") {
		t.Errorf("got the stream %s, want an open one without the old table's rows", r.contents("pg/public/thing"))
	}
}

func (r *rig) closed(stream string) bool {
	r.t.Helper()
	info, err := r.engine.Head(stream)
	if err != nil {
		r.t.Fatal(err)
	}
	return info.Closed
}

// A table that takes the place of another one takes its stream too.
func TestTableIsSwapped(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`BEGIN; ALTER TABLE thing RENAME TO old; CREATE TABLE thing (id int PRIMARY KEY, v text); INSERT INTO thing VALUES (7, 'new'); COMMIT`)
	r.settles("thing", "id")
	r.settles("old", "id")
	if r.closed("pg/public/thing") {
		t.Error("the stream of the table that has the name now is closed, want it open")
	}
}

func TestTableIsDroppedAndMadeAgain(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`BEGIN; DROP TABLE thing; CREATE TABLE thing (x text, id int PRIMARY KEY); INSERT INTO thing VALUES ('y', 3); COMMIT`)
	r.noticed("the table is new")
	r.settles("thing", "id")
	r.exec(`INSERT INTO thing VALUES ('z', 4)`)
	r.settles("thing", "id")
}

func TestTableIsAddedAndRemoved(t *testing.T) {
	r, log := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`CREATE TABLE later (id int PRIMARY KEY); INSERT INTO later SELECT generate_series(1, 5)`, `CREATE TABLE keyless (id int)`)
	r.settles("later", "id")
	r.exec(`INSERT INTO later VALUES (6)`, `INSERT INTO keyless VALUES (1)`, `UPDATE keyless SET id = 2`)
	r.settles("later", "id")
	r.wait("the warning", func() bool { return log.count(`"table":"public.keyless"`, "not published") == 1 })
	r.stop()
	r.start()
	r.exec(`INSERT INTO thing VALUES (100, 'x', 1)`)
	r.settles("thing", "id") // the table that cannot be published stops nothing

	r.exec(`DROP TABLE later`)
	r.noticed("not published any more, or gone")
	if got := len(r.fold("pg/public/later").rows); got != 6 {
		t.Errorf("got %d rows in the stream of a dropped table, want its 6", got)
	}
}

// A new partitioned table stays out as a whole for what is wrong with a partition:
// published, its rows could not be changed any more.
func TestPartitionKeepsItsRootOut(t *testing.T) {
	r, log := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`CREATE TABLE root (id int PRIMARY KEY) PARTITION BY RANGE (id);
		CREATE TABLE leaf PARTITION OF root DEFAULT; ALTER TABLE leaf REPLICA IDENTITY NOTHING`)
	r.wait("the warning", func() bool { return log.count(`"table":"public.root"`, "not published") == 1 })
	r.exec(`INSERT INTO root VALUES (1)`, `UPDATE root SET id = 2`)
	r.stop()
	r.start()
	r.exec(`INSERT INTO thing VALUES (100, 'x', 1)`)
	r.settles("thing", "id") // it stops nothing
	r.exec(`UPDATE root SET id = 3`)
}

// Taken out of the publication and put back, a table has changes that did not arrive.
func TestTableLeavesThePublication(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`ALTER PUBLICATION ds_sync DROP TABLE thing`, `DELETE FROM thing WHERE id < 5`, `INSERT INTO thing VALUES (50, 'x', 1)`)
	r.settles("thing", "id")
}

// T27.
func TestFilterAndColumnsChange(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing, `CREATE PUBLICATION ds_sync FOR TABLE thing WHERE (id > 10) WITH (publish_via_partition_root = true)`)
	r.o.Manage = false
	r.start()
	r.settlesAs("pg/public/thing", `SELECT id::text, to_jsonb(t)::text FROM thing t WHERE id > 10`)
	r.exec(`ALTER PUBLICATION ds_sync SET TABLE thing WHERE (id < 5)`)
	r.settlesAs("pg/public/thing", `SELECT id::text, to_jsonb(t)::text FROM thing t WHERE id < 5`)
	r.exec(`ALTER PUBLICATION ds_sync SET TABLE thing (id, n)`)
	r.settlesAs("pg/public/thing", `SELECT id::text, to_jsonb(t)::text FROM (SELECT id, n FROM thing) t`)
	r.exec(`ALTER PUBLICATION ds_sync SET TABLE thing (id, code)`)
	r.settlesAs("pg/public/thing", `SELECT id::text, to_jsonb(t)::text FROM (SELECT id, code FROM thing) t`)
}

// T23: rows come and go with partitions, and no event tells of them.
func TestPartitionsChange(t *testing.T) {
	r, _ := watched(t)
	r.exec(`CREATE TABLE root (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)`,
		`CREATE TABLE p1 PARTITION OF root FOR VALUES FROM (0) TO (100)`,
		`CREATE TABLE p2 PARTITION OF root FOR VALUES FROM (100) TO (200)`,
		`INSERT INTO root SELECT i, 'v' || i FROM generate_series(50, 150) i`)
	var err error
	if r.o.Tables, err = route.ParsePatterns("public.root"); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.settles("root", "id")
	for _, sql := range []string{
		`CREATE TABLE loose (v text, id int PRIMARY KEY); INSERT INTO loose VALUES ('loose', 250);
			ALTER TABLE root ATTACH PARTITION loose FOR VALUES FROM (200) TO (300)`,
		`CREATE TABLE p4 PARTITION OF root FOR VALUES FROM (300) TO (400); INSERT INTO root VALUES (300, 'new')`,
		`UPDATE root SET id = 201 WHERE id = 60`,
		`TRUNCATE p1`,
		`ALTER TABLE root DETACH PARTITION p2; UPDATE p2 SET v = 'not ours'`,
		`DROP TABLE p4`,
		`TRUNCATE root; INSERT INTO root VALUES (1, 'last')`,
	} {
		r.exec(sql, `UPDATE root SET v = v || '.' WHERE id = 250`)
		r.settles("root", "id")
	}
}

// A partition that is made empty is no reason to copy the others again.
func TestNewPartitionIsNotCopied(t *testing.T) {
	r, _ := watched(t)
	r.exec(`CREATE TABLE root (id int PRIMARY KEY) PARTITION BY RANGE (id)`,
		`CREATE TABLE p1 PARTITION OF root FOR VALUES FROM (0) TO (100)`, `INSERT INTO root VALUES (1)`)
	r.start()
	r.settles("root", "id")
	r.exec(`CREATE TABLE p2 PARTITION OF root FOR VALUES FROM (100) TO (200)`, `CREATE TABLE later (id int PRIMARY KEY)`)
	r.noticed("the table is new") // so the partition was seen as well
	r.exec(`INSERT INTO root VALUES (101)`)
	r.settles("root", "id")
	if got := r.contents("pg/public/root"); strings.Contains(got, "reset") {
		t.Errorf("got %s, want no reset", got)
	}
}

// T26.
func TestIdentityChanges(t *testing.T) {
	r, _ := watched(t)
	r.exec(thing, `CREATE UNIQUE INDEX thing_code ON thing (code)`)
	r.start()
	r.settles("thing", "id")
	for _, c := range []struct{ sql, key string }{
		{`ALTER TABLE thing REPLICA IDENTITY FULL`, "id"},
		{`ALTER TABLE thing REPLICA IDENTITY USING INDEX thing_code`, "code"},
		{`ALTER TABLE thing REPLICA IDENTITY DEFAULT`, "id"},
	} {
		r.exec(`UPDATE thing SET n = n + 1`, c.sql, `UPDATE thing SET n = n + 1 WHERE id < 10`, `DELETE FROM thing WHERE id = (SELECT max(id) FROM thing)`)
		r.settles("thing", c.key)
	}
	r.exec(`ALTER TABLE thing REPLICA IDENTITY NOTHING`)
	r.noticed("nothing left to make keys of")
	r.exec(`ALTER TABLE thing REPLICA IDENTITY FULL`)
	r.settles("thing", "id")
}

func TestPauseAtAChange(t *testing.T) {
	r, _ := watched(t)
	r.o.DDL = watch.Pause
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`ALTER TABLE thing ADD COLUMN b int DEFAULT 7`)
	r.waitState(ingest.StatePaused)
	if got := r.contents("pg/public/thing"); strings.Contains(got, `"b"`) {
		t.Errorf("in the pause: got %s, want nothing of the new column", got)
	}
	r.order("resume", "")
	r.settles("thing", "id")
}

func TestStopAtAChange(t *testing.T) {
	r, _ := watched(t)
	r.o.DDL = watch.Stop
	r.exec(thing)
	r.serve()
	r.waitState(ingest.StateStreaming)
	r.settles("thing", "id")
	r.exec(`ALTER TABLE thing ADD COLUMN b int DEFAULT 7`)
	r.waitState(ingest.StateFailed)
	if s := r.pipeline.Status(); !strings.Contains(s.LastError, "column b was added") {
		t.Errorf("got the error %q, want it to name the change", s.LastError)
	}
	r.order("resume", "")
	r.settles("thing", "id")
}

func TestStaleStreamsAreKept(t *testing.T) {
	r, log := watched(t)
	r.o.KeepStale = true
	r.exec(thing)
	r.start()
	r.settles("thing", "id")
	r.exec(`ALTER TABLE thing ADD COLUMN b int DEFAULT 7`)
	r.wait("the warning", func() bool { return log.count("column b was added", "DS_SYNC__DDL_BACKFILL=off") == 1 })
	r.exec(`UPDATE thing SET n = 0`)
	r.settles("thing", "id")
	if got := r.contents("pg/public/thing"); strings.Contains(got, "reset") {
		t.Errorf("got %s, want no copy", got)
	}
}
