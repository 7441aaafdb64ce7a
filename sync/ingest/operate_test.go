package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/status"
)

// operated is a rig whose monitor looks often, and whose log is kept.
func operated(t *testing.T) (*rig, *journal) {
	t.Helper()
	r, log := newRig(t), &journal{}
	r.o.MonitorEvery = 10 * time.Millisecond
	r.o.Log = zerolog.New(zerolog.MultiLevelWriter(zerolog.NewTestWriter(t), log))
	return r, log
}

// journal keeps a log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

// count tells how many lines have all of the parts.
func (j *journal) count(parts ...string) (lines int) {
	j.mu.Lock()
	defer j.mu.Unlock()
next:
	for line := range strings.SplitSeq(j.text.String(), "\n") {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue next
			}
		}
		lines++
	}
	return lines
}

// order posts to the pipeline's status handler.
func (r *rig) order(name, body string) {
	r.t.Helper()
	w := httptest.NewRecorder()
	h := status.Handler([]status.Pipeline{r.pipeline}, zerolog.Nop())
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/sync/"+name, strings.NewReader(body)))
	if w.Code != http.StatusAccepted {
		r.t.Fatalf("%s %s: got status %d and %s, want it accepted", name, body, w.Code, w.Body)
	}
}

// slotConfirmed is what Postgres knows, "" if there is no slot.
func (r *rig) slotConfirmed() (lsn string) {
	r.t.Helper()
	conn := r.server.Conn(r.t, r.db)
	defer conn.Close(context.Background())
	const query = `SELECT coalesce(max(confirmed_flush_lsn)::text, '') FROM pg_replication_slots WHERE slot_name = $1`
	if err := conn.QueryRow(context.Background(), query, r.o.Slot).Scan(&lsn); err != nil {
		r.t.Fatal(err)
	}
	return lsn
}

// end is where Postgres' log ends.
func (r *rig) end() (lsn string) {
	r.t.Helper()
	conn := r.server.Conn(r.t, r.db)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), `SELECT pg_current_wal_flush_lsn()::text`).Scan(&lsn); err != nil {
		r.t.Fatal(err)
	}
	return lsn
}

func (r *rig) waitState(want ingest.State) {
	r.t.Helper()
	r.wait(string(want), func() bool { return r.pipeline.Status().State == want })
}

// has tells whether readers see something in the stream of table t.
func (r *rig) has(part string) bool { return strings.Contains(r.contents("pg/public/t"), part) }

func TestStatusShowsTheSlot(t *testing.T) {
	r, log := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.wait("a look at the slot", func() bool { row := r.pipeline.Status().Row; return row != nil && row.Active })
	r.exec(`INSERT INTO t SELECT i, 'x' FROM generate_series(1, 10) i`)
	r.wait("ten rows", func() bool { return r.pipeline.Status().Counts.Inserts == 10 })

	w := httptest.NewRecorder()
	status.Handler([]status.Pipeline{r.pipeline}, zerolog.Nop()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sync/status", nil))
	var answer struct {
		Pipelines []struct {
			Pipeline, State string
			Tables          []string
			Slot            struct {
				Name, Plugin string
				Exists       bool
				WALStatus    string `json:"wal_status"`
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Pipelines) != 1 {
		t.Fatalf("got %s (%v), want one pipeline", w.Body, err)
	}
	got := fmt.Sprint(answer.Pipelines[0])
	if want := fmt.Sprintf(`{t streaming ["public"."t"] {%s pgoutput true reserved}}`, r.o.Slot); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s := r.pipeline.Status()
	r.wait("durable times", func() bool { return r.pipeline.Status().Durable.Count > 0 })
	if s.TxBytes.Count == 0 || s.TxBytes.Sum == 0 || s.ReceivedBytes < s.TxBytes.Sum {
		t.Errorf("got %d transactions of %d bytes and %d bytes received, want what was sent", s.TxBytes.Count, s.TxBytes.Sum, s.ReceivedBytes)
	}
	if n := log.count("keeps its log for this slot", `"at_most":"without limit`, "pg_drop_replication_slot"); n != 1 {
		t.Errorf("got %d lines about what keeps the log, want 1", n)
	}
}

func TestSkipTo(t *testing.T) {
	r, log := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.order("pause", "")
	r.waitState(ingest.StatePaused)
	r.exec(`INSERT INTO t VALUES (1, 'poison')`)
	to := r.end()
	r.exec(`INSERT INTO t VALUES (2, 'good')`)
	r.order("skip-to", fmt.Sprintf(`{"lsn":%q,"confirm":%q}`, to, to))
	r.order("resume", "")
	r.wait("what comes after", func() bool { return r.has("good") })
	if r.has("poison") || log.count(`"level":"warn"`, "skipped", to) != 1 {
		t.Errorf("got %s, want it without what was skipped, and a warning that names %s", r.contents("pg/public/t"), to)
	}

	r.order("skip-to", `{"lsn":"FFFF/0","confirm":"FFFF/0"}`)
	r.wait("the refusal", func() bool { return log.count("nothing is skipped", "FFFF/0") == 1 })
	r.exec(`INSERT INTO t VALUES (3, 'later')`)
	r.wait("what comes after", func() bool { return r.has("later") })
}

func TestResync(t *testing.T) {
	r, log := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.order("resync", fmt.Sprintf(`{"confirm":%q}`, r.o.Slot))
	r.wait("another slot", func() bool { return log.count("created the slot") == 2 })
	r.waitState(ingest.StateStreaming)
	r.exec(`INSERT INTO t VALUES (1, 'after')`)
	r.wait("what comes after", func() bool { return r.has("after") })
}

// A publication that is gone stops the pipeline, and a resync that is asked for makes it
// anew, before the slot.
func TestResyncMakesThePublication(t *testing.T) {
	r, log := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.serve()
	r.waitState(ingest.StateStreaming)
	r.exec(`DROP PUBLICATION ds_sync`, `INSERT INTO t VALUES (1, 'lost')`)
	r.waitState(ingest.StateFailed)
	if s := r.pipeline.Status(); s.LastCode != "E112" {
		t.Errorf("got the code %q of %q, want E112", s.LastCode, s.LastError)
	}
	r.order("resync", fmt.Sprintf(`{"confirm":%q}`, r.o.Slot))
	r.waitState(ingest.StateStreaming)
	r.exec(`INSERT INTO t VALUES (2, 'after')`)
	r.wait("what comes after", func() bool { return r.has("after") })
	if n := log.count("created the publication"); n != 2 {
		t.Errorf("got %d lines about a new publication, want 2", n)
	}
}

func TestRefreshFindsNewTables(t *testing.T) {
	r, _ := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.exec(`CREATE TABLE u (id int PRIMARY KEY)`)
	r.order("tables", "")
	r.wait("the table", func() bool { return len(r.pipeline.Status().Tables) == 2 })
}

// A pipeline that has failed waits to be told to go on, and its slot is watched.
func TestServeGoesOnAfterAFailure(t *testing.T) {
	r, log := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.start()
	r.stop()
	r.exec(`SELECT pg_drop_replication_slot('` + r.o.Slot + `')`)
	r.serve()
	r.waitState(ingest.StateFailed)
	if s := r.pipeline.Status(); s.LastCode != "E110" {
		t.Errorf("got the code %q of %q, want E110", s.LastCode, s.LastError)
	}
	r.wait("a look at the server", func() bool { return r.pipeline.Status().Server != nil })

	r.order("resume", "")
	r.wait("the second attempt", func() bool { return log.count("ingestion has stopped") == 2 })
	r.waitState(ingest.StateFailed)
	r.order("resync", fmt.Sprintf(`{"confirm":%q}`, r.o.Slot))
	r.waitState(ingest.StateStreaming)
	r.exec(`INSERT INTO t VALUES (1, 'after')`)
	r.wait("what comes after", func() bool { return r.has("after") })
}

// A slot that keeps more than is allowed goes, although the pipeline reads it.
func TestSlotIsDroppedToSaveTheSource(t *testing.T) {
	r, log := operated(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	r.o.Limits.WarnBytes, r.o.Limits.StopBytes = 1<<20, 4<<20
	r.serve()
	r.waitState(ingest.StateStreaming)
	r.order("pause", "")
	r.waitState(ingest.StatePaused)
	r.exec(`INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 6000) i`)
	r.waitState(ingest.StateFailed)
	if got := r.slotConfirmed(); got != "" {
		t.Errorf("got a slot at %s, want none", got)
	}
	for _, want := range [][]string{
		{`"level":"warn"`, "much of its log", `"limit_bytes":1048576`},
		{`"level":"error"`, "dropping the slot", `"limit_bytes":4194304`},
	} {
		if n := log.count(want...); n != 1 {
			t.Errorf("got %d lines with %q, want 1", n, want)
		}
	}
}

// A temporary slot that ends takes changes along. The log says what that means: before,
// and when it has happened.
func TestTemporarySlotEnds(t *testing.T) {
	for mode, what := range map[route.Snapshot]string{route.SnapshotNever: "lost to the streams", route.SnapshotAuto: "everything is copied anew"} {
		t.Run(string(mode), func(t *testing.T) {
			r, log := operated(t)
			r.o.Temporary, r.o.Copy.Mode = true, mode
			r.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
			r.start()
			if n := log.count(`"level":"warn"`, `"code":"W10"`, "is temporary"); n != 1 {
				t.Errorf("got %d warnings W10 at the start, want 1", n)
			}
			r.exec(`SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = '` + r.o.Slot + `'`)
			r.wait("the warning", func() bool { return log.count(`"level":"warn"`, "has ended with its connection", what) == 1 })
			r.waitState(ingest.StateStreaming)
		})
	}
}
