package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/sync/ingest/failpoint"
)

// T4: the server dies again and again while it copies. The next one goes on where the
// last one was: no row is told twice, and little is read twice.
func TestKilledWhileCopying(t *testing.T) {
	binary := failpointBinary(t)
	for _, mode := range []string{"consistent", "incremental"} {
		for _, first := range []failpoint.Point{failpoint.CopyRange, failpoint.CopyChunk} {
			t.Run(fmt.Sprintf("%s/%s", mode, first), func(t *testing.T) {
				t.Parallel()
				killedWhileCopying(t, binary, mode, first)
			})
		}
	}
}

const (
	// chunkRows is small, so that there are many chunks to die at.
	chunkRows = 200
	smallRows = 100
)

func killedWhileCopying(t *testing.T, binary, mode string, first failpoint.Point) {
	rows := sized(20_000, 200_000)
	// The first one copies the small table, and some of the other.
	deaths := []string{hit(first, 20)}
	for range sized(3, 20) {
		deaths = append(deaths, hit(failpoint.CopyRange, 4), hit(failpoint.CopyChunk, 4), hit(failpoint.CopyChunk, 9)+":5ms")
	}
	l := newLab(t, setup{
		SQL: []string{
			`create table small (id int primary key, v text)`,
			`create table large (id int primary key, v text)`,
			fmt.Sprintf(`insert into small select i, 'copied' from generate_series(1, %d) i`, smallRows),
			fmt.Sprintf(`insert into large select i, repeat('x', 200) from generate_series(1, %d) i`, rows),
			`analyze`,
		},
		Tables: []table{{Name: "large", Key: []string{"id"}}, {Name: "small", Key: []string{"id"}}},
		Env: map[string]string{
			"DS_SYNC__SNAPSHOT": mode, "DS_SYNC__SNAPSHOT_WORKERS": "2", "DS_SYNC__SNAPSHOT_CHUNK_ROWS": fmt.Sprint(chunkRows),
		},
		Binary: binary, Deaths: deaths,
	})
	// What the workers have read and not appended is read again.
	l.readOnce("small", smallRows, 4*smallRows)
	l.readOnce("large", rows, len(deaths)*4*chunkRows)
	l.copiedOnce("small", smallRows)
	l.copiedOnce("large", rows)
	l.check()
	l.notReadAgain("small", "large")
}

// notReadAgain has the server die once more, and wants it to leave tables alone that
// are copied.
func (l *lab) notReadAgain(names ...string) {
	l.t.Helper()
	before := l.rowsRead(names)
	l.killWeir()
	l.quiesce()
	l.weir.Stop()
	if got := l.rowsRead(names); got != before {
		l.t.Errorf("rows read by a start after everything was copied: got %d, want none", got-before)
	}
}

// rowsRead is how many rows of tables were read by anybody. Postgres counts what a
// session has read when it is idle or ends, so this waits until no more is counted.
func (l *lab) rowsRead(names []string) (n int) {
	l.t.Helper()
	const counted = 1500 * time.Millisecond
	l.await("the end of the counting", func() (bool, error) {
		before := n
		time.Sleep(counted)
		err := l.ask(&n, `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables where relname = any($1)`, names)
		return n == before, err
	})
	return n
}

// readOnce waits for the copy of a table to end, and wants Postgres to have been asked
// for its rows once, but for so many.
func (l *lab) readOnce(name string, rows, again int) {
	l.t.Helper()
	l.await("the end of the copy of "+name, func() (bool, error) {
		events, err := l.read(streamOf(name))
		return len(events) > 0 && events[len(events)-1].What() == event.SnapshotEnd, err
	})
	var got int
	l.await("the count of the rows of "+name+" that were read", func() (bool, error) {
		err := l.ask(&got, `select seq_tup_read from pg_stat_user_tables where relname = $1`, name)
		return got >= rows, err
	})
	if got > rows+again {
		l.t.Errorf("rows of %s that were read: got %d, want %d and at most %d again", name, got, rows, again)
	}
}

// copiedOnce wants every row of a table to be told once by its copy.
func (l *lab) copiedOnce(name string, rows int) {
	l.t.Helper()
	events, err := l.read(streamOf(name))
	l.must(err)
	seen := make(map[string]bool, rows)
	for _, e := range events {
		if e.Headers.Snapshot && e.What() == event.Insert {
			if seen[e.Key] {
				l.t.Errorf("got the row %s of %s twice, want it once", e.Key, name)
			}
			seen[e.Key] = true
		}
	}
	if len(seen) != rows {
		l.t.Errorf("got %d copied rows of %s, want %d", len(seen), name, rows)
	}
}
