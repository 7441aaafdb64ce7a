package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/route"
)

// TestCopy: rows of before the slot and changes of afterwards are in the stream once,
// in either way to copy, and over a stop in between.
func TestCopy(t *testing.T) {
	for _, mode := range []route.Snapshot{route.SnapshotAuto, route.SnapshotIncremental} {
		t.Run(string(mode), func(t *testing.T) {
			r := newRig(t)
			r.o.Copy = ingest.CopyOptions{Mode: mode, ChunkRows: 100}
			r.exec("CREATE TABLE users (id int PRIMARY KEY, name text)",
				"INSERT INTO users SELECT n, 'early' FROM generate_series(1, 1000) n")
			r.start()
			r.exec("INSERT INTO users VALUES (2000, 'late')")
			r.wait("the end of the copy", func() bool { return strings.Contains(r.contents("pg/public/users"), "snapshot-end") })
			r.wait("the change", func() bool { return strings.Contains(r.contents("pg/public/users"), `"late"`) })
			r.wait("a status of all rows, none remaining", func() bool {
				c := r.pipeline.Status().Copies
				return len(c) == 1 && c[0].State == "done" && c[0].Rows >= 1000 && c[0].Remaining == 0
			})
			r.stop()
			r.start()
			r.exec("INSERT INTO users VALUES (2001, 'last')")
			r.wait("a change", func() bool { return strings.Contains(r.contents("pg/public/users"), `"last"`) })
			text := r.contents("pg/public/users")
			for id := range 1000 {
				if n := strings.Count(text, fmt.Sprintf(`"key":"%d",`, id+1)); n != 1 {
					t.Fatalf("row %d is there %d times, want once", id+1, n)
				}
			}
		})
	}
}
