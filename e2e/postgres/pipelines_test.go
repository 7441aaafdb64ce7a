package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/postgres/count"
	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

// What the second of two pipelines in one server has: a database of its own, with one
// table, and streams under another name.
const (
	secondDB     = "second"
	secondSlot   = "second_pipeline"
	secondTruth  = "second_truth"
	secondTable  = "ledger"
	secondStream = "second/ledger"
)

// twoPipelines is a file with the pipeline of a lab and the second one.
func twoPipelines(t *testing.T) func(pg *pgtest.Server) string {
	return func(pg *pgtest.Server) string {
		pg.Exec(t, `create database `+secondDB)
		pg.ExecIn(t, secondDB, `create table ledger (id int primary key, v text)`, `insert into ledger values (0, 'from before')`)
		return fmt.Sprintf("- slot: %s\n- slot: %s\n  database_url: '%s'\n  stream_template: second/{table}\n",
			ingestSlot, secondSlot, pg.URL("postgres", secondDB))
	}
}

// second is the second pipeline of a lab. It is for the test's goroutine.
type second struct {
	l     *lab
	conn  *pgx.Conn
	truth *oracle.Oracle
}

// newSecond returns it when its rows from before are copied.
func newSecond(l *lab) *second {
	l.t.Helper()
	s := &second{l: l, conn: l.pg.Conn(l.t, secondDB)}
	s.await("0")
	l.await("a reader of the second slot", func() (active bool, err error) {
		err = s.conn.QueryRow(l.t.Context(), `select active from pg_replication_slots where slot_name = $1`, secondSlot).Scan(&active)
		return active, err
	})
	var err error
	s.truth, err = oracle.Copy(l.t.Context(), s.conn, secondSlot, secondTruth)
	l.must(err)
	return s
}

// during commits to the second database while something happens to the server. Nothing
// happens to Postgres, so no statement may fail.
func (s *second) during(faults func()) {
	s.l.t.Helper()
	ctx, stop := context.WithCancel(s.l.t.Context())
	var failed error
	var writing sync.WaitGroup
	writing.Go(func() { failed = s.write(ctx) })
	defer func() {
		stop()
		writing.Wait()
		s.l.must(failed)
	}()
	faults()
}

// write commits transactions of three rows until ctx ends: one comes, one of them
// changes, and an older one goes.
func (s *second) write(ctx context.Context) error {
	for id := 1; ctx.Err() == nil; id++ {
		whole := context.WithoutCancel(ctx)
		_, err := s.conn.Exec(whole, fmt.Sprintf(`begin; insert into ledger values (%d, 'new');
			update ledger set v = 'changed %d' where id = %d; delete from ledger where id = %d and id %% 2 = 1; commit`, id, id, id-1, id-3))
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pace):
		}
	}
	return nil
}

// await waits for the event of a key.
func (s *second) await(key string) {
	s.l.t.Helper()
	s.l.await("row "+key+" of the second database", func() (bool, error) {
		events, err := s.l.read(secondStream)
		for _, e := range events {
			if e.Key == key {
				return true, err
			}
		}
		return false, err
	})
}

// check waits until everything has arrived, and holds the table and every change against
// the stream.
func (s *second) check() {
	s.l.t.Helper()
	ctx := s.l.t.Context()
	_, err := s.conn.Exec(ctx, `insert into ledger values (-1, 'the last')`)
	s.l.must(err)
	s.await("-1")
	s.truth.Use(s.conn)
	committed, err := s.truth.Advance(ctx)
	s.l.must(err)
	events, err := event.Read(ctx, s.l.client, secondStream)
	s.l.must(err)
	state, err := fold.Of(events)
	s.l.must(err)
	rows, err := fold.ReadTable(ctx, s.conn, fold.Table{Schema: "public", Name: secondTable, Key: []string{"id"}})
	s.l.must(err)
	if found := fold.Compare(state.Type(secondTable), rows); len(found) > 0 {
		s.l.t.Errorf("stream of the second database, %d events, against %d rows:\n%s", len(events), len(rows), found)
	}
	want := count.Expect(committed, map[oracle.Table]count.Table{
		{Schema: "public", Name: secondTable}: count.OneStream(secondStream, "id"),
	})
	s.l.must(count.Check(secondStream, events, want[secondStream]))
	if len(want[secondStream]) < 10 {
		s.l.t.Errorf("the second database: got %d changes, want some to check", len(want[secondStream]))
	}
}

// Two pipelines of one server are each exact, however often it is killed.
func TestTwoPipelinesKilled(t *testing.T) {
	t.Parallel()
	l := newLab(t, setup{Workload: true, Pipelines: twoPipelines(t)})
	s := newSecond(l)
	l.during(func() {
		s.during(func() {
			for range sized(5, 100) {
				l.pause(50*time.Millisecond, 500*time.Millisecond)
				l.killWeir()
			}
		})
	})
	l.check()
	s.check()
}

// So are two pipelines of a process that ingests into a server elsewhere.
func TestTwoRemotePipelinesKilled(t *testing.T) {
	t.Parallel()
	l := newLab(t, setup{Workload: true, Remote: true, Pipelines: twoPipelines(t)})
	s := newSecond(l)
	l.during(func() {
		s.during(func() {
			for range sized(2, 50) {
				l.pause(100*time.Millisecond, 600*time.Millisecond)
				l.remote.kill()
				l.remote.start()
			}
		})
	})
	l.check()
	s.check()
	l.remote.stop()
}

// A pipeline that somebody has to mend leaves the other one to go on and the server
// ready, which says how they are.
func TestFailedPipelineLeavesTheRest(t *testing.T) {
	t.Parallel()
	l := newLab(t, setup{Pipelines: twoPipelines(t)})
	s := newSecond(l)
	l.whileStopped(func() {
		l.await("a dropped slot", func() (bool, error) {
			_, err := s.conn.Exec(t.Context(), `select pg_drop_replication_slot($1)`, secondSlot)
			return err == nil, err
		})
	})
	l.await("a server that is ready with one pipeline of two", func() (bool, error) {
		answer, err := page(l.weir.URL() + "/readyz")
		has := strings.Contains(answer, `"second_pipeline":{"state":"failed","last_error_code":"E110"}`) && strings.Contains(answer, `"ds_sync":{"state":"streaming"`)
		return has, errors.Join(err, fmt.Errorf("got %s", answer))
	})
	l.quiesce()
	s.await("0") // its stream is still there
	text, err := l.adminPage("/metrics")
	l.must(err)
	for _, want := range []string{`pipeline="second_pipeline",state="failed"} 1`, `pipeline="ds_sync",state="streaming"} 1`, `op="insert",pipeline="ds_sync",table="public.heartbeat"}`} {
		if !strings.Contains(text, want) {
			t.Errorf("got no %s in the metrics, want it", want)
		}
	}
}
