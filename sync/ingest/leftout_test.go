package ingest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest"
)

// published is a rig with two tables in a publication that is not the pipeline's.
func published(t *testing.T) (*rig, *journal) {
	t.Helper()
	r, log := watched(t)
	r.o.Manage = false
	r.exec(thing, `CREATE TABLE other (id int PRIMARY KEY)`,
		`CREATE PUBLICATION ds_sync FOR TABLE thing, other WITH (publish_via_partition_root = true)`)
	return r, log
}

// A table without a key is refused at the first start.
func TestTableWithoutAKeyAtTheStart(t *testing.T) {
	r, _ := published(t)
	r.exec(`ALTER TABLE thing REPLICA IDENTITY NOTHING`)
	r.serve()
	r.waitState(ingest.StateFailed)
	if s := r.pipeline.Status(); s.LastCode != "E115" {
		t.Errorf("got the code %q of %q, want E115", s.LastCode, s.LastError)
	}
}

// A table that loses its key while the pipeline runs is left out, over a restart too;
// the others go on, and it comes back whole.
func TestTableLosesItsKey(t *testing.T) {
	r, log := published(t)
	r.start()
	r.settles("thing", "id")
	r.exec(`ALTER TABLE thing REPLICA IDENTITY NOTHING`, `INSERT INTO thing VALUES (100, 'x', 1)`, `INSERT INTO other VALUES (1)`)
	r.settles("other", "id")
	r.noticed("nothing left to make keys of")
	if n := log.count(`"level":"warn"`, "public.thing", "changes of a table are left out"); n != 1 {
		t.Errorf("got %d warnings of what is left out, want 1", n)
	}
	r.stop()
	r.exec(`INSERT INTO thing VALUES (101, 'y', 1)`, `INSERT INTO other VALUES (2)`)
	r.start()
	r.settles("other", "id")
	if n := log.count(`"level":"warn"`, `"code":"E115"`, "thing"); n != 1 {
		t.Errorf("got %d warnings E115, want one of the second start", n)
	}
	if strings.Contains(r.contents("pg/public/thing"), `"100"`) {
		t.Error("got a row from the time without a key, want it left out")
	}
	r.exec(`ALTER TABLE thing REPLICA IDENTITY DEFAULT`)
	r.settles("thing", "id")
	r.exec(`UPDATE thing SET n = 7 WHERE id = 100`)
	r.settles("thing", "id")
}

// The key comes back before anybody has looked: the stream alone tells that changes were
// left out.
func TestKeyIsBackBeforeTheLook(t *testing.T) {
	r, log := published(t)
	r.o.WatchEvery = time.Hour
	r.start()
	r.settles("thing", "id")
	r.stop()
	r.exec(`ALTER TABLE thing REPLICA IDENTITY NOTHING`, `INSERT INTO thing VALUES (100, 'x', 1)`, `ALTER TABLE thing REPLICA IDENTITY DEFAULT`)
	// A look at the first opportunity, and one more when changes are left out.
	r.o.WatchEvery = 10 * time.Second
	r.start()
	r.settles("thing", "id")
	if n := log.count("changes of a table are left out"); n != 1 {
		t.Errorf("got %d warnings of what is left out, want 1", n)
	}
}

// TestKeyOfALaterColumn: changes from before the column of a new primary key existed
// have neither that nor a mark of the old key. They are left out, and the table is
// copied anew with the new key.
func TestKeyOfALaterColumn(t *testing.T) {
	r, log := published(t)
	r.exec(`ALTER TABLE thing REPLICA IDENTITY FULL`)
	r.start()
	r.settles("thing", "id")
	r.stop()
	r.exec(`INSERT INTO thing VALUES (100, 'x', 1)`,
		`ALTER TABLE thing ADD uid serial, DROP CONSTRAINT thing_pkey, ADD PRIMARY KEY (uid)`,
		`INSERT INTO thing VALUES (101, 'y', 1)`)
	r.start()
	r.settles("thing", "uid")
	if n := log.count(`"level":"warn"`, "public.thing", "changes of a table are left out"); n != 1 {
		t.Errorf("got %d warnings of what is left out, want 1", n)
	}
}

// The pipeline takes such a table out of its own publication, so that the application can
// change its rows.
func TestTableWithoutAKeyIsNotPublished(t *testing.T) {
	r, log := watched(t)
	r.exec(thing, `CREATE TABLE other (id int PRIMARY KEY)`)
	r.start()
	r.settles("thing", "id")
	r.exec(`ALTER TABLE thing REPLICA IDENTITY NOTHING`)
	r.wait("the table to go", func() bool { return log.count(`"level":"warn"`, "took a table out", "thing") == 1 })
	r.exec(`UPDATE thing SET n = 0`, `INSERT INTO other VALUES (1)`)
	r.settles("other", "id")
	r.stop()
	r.start()
	r.exec(`DELETE FROM thing WHERE id = 1`, `ALTER TABLE thing REPLICA IDENTITY FULL`)
	r.settles("thing", "id")
}

// A copy under way ends with the key, and begins again with the next one.
func TestTableLosesItsKeyWhileItIsCopied(t *testing.T) {
	r, log := published(t)
	r.o.Copy = ingest.CopyOptions{Mode: "incremental", ChunkRows: 2, Workers: 1, Rate: 20}
	r.start()
	r.wait("the first rows", func() bool { return strings.Contains(r.contents("pg/public/thing"), `"key"`) })
	r.exec(`ALTER TABLE thing REPLICA IDENTITY NOTHING`, `INSERT INTO other VALUES (1)`)
	r.wait("the end of the copy", func() bool { return log.count("changes of a table are left out", "public.thing") == 1 })
	r.settles("other", "id")
	r.exec(`ALTER TABLE thing REPLICA IDENTITY DEFAULT`)
	r.settles("thing", "id")
}
