package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

// TestPromotedServerIsFollowed: a standby is waited for, and when it is promoted where
// the log had ended, it goes on being read, also by the sessions after the first.
func TestPromotedServerIsFollowed(t *testing.T) {
	r := newRig(t)
	// Made after the rig, it ends before the rig looks for what is left running.
	r.server = pgtest.Start(t, pgtest.Options{})
	r.db = r.server.Database(t)
	r.o.Source.URL = r.server.URL("postgres", r.db)
	r.exec(`CREATE TABLE t (id serial PRIMARY KEY, v text)`)
	r.start()
	r.exec(`INSERT INTO t (v) VALUES ('before')`)
	r.wait("a row", func() bool { return r.has("before") })
	r.stop()

	r.demote()
	r.serve()
	r.wait("an error", func() bool { return r.pipeline.Status().LastError != "" })
	if s := r.pipeline.Status(); s.State == ingest.StateFailed || !strings.Contains(s.LastError, "is a standby") {
		t.Fatalf("at a standby: got state %s and %q, want to wait for its promotion", s.State, s.LastError)
	}
	r.exec(`SELECT pg_promote()`)
	for _, row := range []string{"first", "second"} {
		r.waitState(ingest.StateStreaming)
		r.exec(`INSERT INTO t (v) VALUES ('` + row + `')`)
		r.wait("the "+row+" row", func() bool { return r.has(row) })
		r.stop()
		r.serve()
	}
	r.waitState(ingest.StateStreaming)
}

// demote makes the rig's own server a standby that has come to the end of the log.
func (r *rig) demote() {
	r.t.Helper()
	conn := r.server.Conn(r.t, "postgres")
	var dir string
	err := conn.QueryRow(context.Background(), `SELECT current_setting('data_directory')`).Scan(&dir)
	if err == nil {
		err = conn.Close(context.Background())
	}
	r.server.Stop(r.t, pgtest.Fast)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "standby.signal"), nil, 0o644)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.server.Start(r.t)
}
