package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) {
	postgres.Main(m)
}

// records is a sink that keeps records only.
type records struct {
	sink.Sink
	mu   sync.Mutex
	text map[string]string
}

func (r *records) Load(_ context.Context, name string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text[name], nil
}

func (r *records) Save(_ context.Context, name, text string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text[name] = text
	return nil
}

// watched is a database with a published table t, which a watcher has seen.
type watched struct {
	t      *testing.T
	server *pgtest.Server
	db     string
	sink   *records
	calls  chan string
	// copy is what Options.Copy does, passed what Options.Passed does.
	copy   func(t watch.Table) (bool, error)
	passed func(at lsn.LSN) error
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	server := postgres.Server(t)
	w := &watched{t: t, server: server, db: server.Database(t), sink: &records{text: make(map[string]string)}, calls: make(chan string, 100)}
	w.copy = func(watch.Table) (bool, error) { return true, nil }
	w.passed = func(lsn.LSN) error { return nil }
	w.exec(`CREATE TABLE t (id int PRIMARY KEY, v text)`, `CREATE PUBLICATION p FOR TABLE t`)
	conn := w.server.Conn(t, w.db)
	defer conn.Close(t.Context())
	if err := watch.Begin(t.Context(), conn, w.sink, []string{"p"}, all, naming); err != nil {
		t.Fatal(err)
	}
	return w
}

func all(_, _ string) bool { return true }

func (w *watched) exec(statements ...string) {
	w.t.Helper()
	w.server.ExecIn(w.t, w.db, statements...)
}

// run runs a watcher until stop. What it ends with comes through ended.
func (w *watched) run(change func(o *watch.Options)) (stop func(), ended <-chan error) {
	ctx, cancel := context.WithCancel(w.t.Context())
	o := watch.Options{
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, w.server.URL("postgres", w.db)) },
		Sink:    w.sink, Publications: []string{"p"}, Selected: all, Naming: naming,
		Policy: watch.Follow, Backfill: true, Copied: all,
		Publish: func(context.Context, *pgx.Conn) (bool, error) { return false, nil },
		Passed: func(_ context.Context, _ *pgx.Conn, at lsn.LSN) error {
			w.calls <- "passed"
			return w.passed(at)
		},
		Owed: func() []uint32 { return nil }, Paid: func(uint32) {},
		Close: func(_ context.Context, left watch.Table) error { w.calls <- "close " + left.Name; return nil },
		Copy: func(_ context.Context, t watch.Table) (bool, error) {
			w.calls <- "copy " + t.Name
			return w.copy(t)
		},
		Pause: func() { w.calls <- "pause" }, Paused: func() bool { return false },
		Changed: func(c watch.Change) { w.calls <- "changed " + c.Table },
		Every:   30 * time.Millisecond, Log: zerolog.New(zerolog.NewTestWriter(w.t)),
	}
	if change != nil {
		change(&o)
	}
	done := make(chan error, 1)
	go func() { done <- watch.New(o).Run(ctx) }()
	return func() {
		w.t.Helper()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			w.t.Errorf("got %v, want the watcher to end because it was told to", err)
		}
	}, done
}

// next is what the watcher calls next.
func (w *watched) next() string {
	w.t.Helper()
	select {
	case call := <-w.calls:
		return call
	case <-time.After(10 * time.Second):
		w.t.Fatal("waited in vain for the watcher to do something")
		return ""
	}
}

func (w *watched) wants(calls ...string) {
	w.t.Helper()
	for _, want := range calls {
		if got := w.next(); got != want {
			w.t.Fatalf("got the call %q, want %q of %q", got, want, calls)
		}
	}
}

// A copy begins when the streams have come past the change, not before.
func TestCopyWaitsForTheStream(t *testing.T) {
	w := newWatched(t)
	w.exec(`ALTER TABLE t ADD COLUMN a int DEFAULT 1`)
	conn := w.server.Conn(t, w.db)
	defer conn.Close(t.Context())
	var text string
	if err := conn.QueryRow(t.Context(), `SELECT pg_current_wal_insert_lsn()::text`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	altered, err := lsn.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	w.passed = func(at lsn.LSN) error {
		if at < altered {
			return fmt.Errorf("got %s, want a position from %s on", at, altered)
		}
		return nil
	}
	stop, _ := w.run(nil)
	w.wants("passed", "copy t", "changed public.t")
	stop()
}

// What is not done yet is done later, and what is done is not done again.
func TestChangeIsKeptUntilItIsDone(t *testing.T) {
	w := newWatched(t)
	w.exec(`ALTER TABLE t ADD COLUMN a int DEFAULT 1`)
	tries := 0
	w.copy = func(watch.Table) (bool, error) { tries++; return tries == 2, nil }
	stop, _ := w.run(nil)
	w.wants("passed", "copy t", "passed", "copy t", "changed public.t")
	stop()

	w.exec(`ALTER TABLE t DROP COLUMN a`)
	failed := errors.New("the sink is gone")
	w.copy = func(watch.Table) (bool, error) { return false, failed }
	_, ended := w.run(nil)
	w.wants("passed", "copy t")
	if err := <-ended; !errors.Is(err, failed) {
		t.Errorf("got %v, want the failure to end the session", err)
	}
	w.copy = func(watch.Table) (bool, error) { return true, nil }
	stop, _ = w.run(nil)
	w.wants("passed", "copy t", "changed public.t")
	stop()

	w.exec(`ALTER TABLE t RENAME COLUMN v TO x`)
	stop, _ = w.run(nil)
	w.wants("passed", "copy t", "changed public.t")
	stop()
	if n := len(w.calls); n != 0 {
		t.Errorf("got %d calls more, the first %q; want none", n, w.next())
	}
}

// Those who have gone on after a stop are not stopped again by the same change.
func TestStopIsForOneChange(t *testing.T) {
	w := newWatched(t)
	w.exec(`ALTER TABLE t ADD COLUMN a int`)
	policy := func(o *watch.Options) { o.Policy = watch.Stop }
	_, ended := w.run(policy)
	w.wants("changed public.t")
	if err := <-ended; !errors.Is(err, watch.ErrStopped) || !strings.Contains(err.Error(), "column a was added") {
		t.Fatalf("got %v, want a stop that names the change", err)
	}
	stop, _ := w.run(policy)
	w.wants("passed", "changed public.t")
	stop()
}

func TestLook(t *testing.T) {
	w := newWatched(t)
	w.exec(`CREATE TABLE u (a int, b text NOT NULL, c int, d int GENERATED ALWAYS AS (a + 1) STORED, PRIMARY KEY (c, a))`,
		`ALTER TABLE u DROP COLUMN b`, `ALTER TABLE u ADD COLUMN e varchar(10) DEFAULT 'x'`, `CREATE TABLE unpublished (id int PRIMARY KEY)`,
		`INSERT INTO u (a, c) VALUES (1, 1)`, `ALTER TABLE u ADD COLUMN f int DEFAULT 3`, `ALTER PUBLICATION p ADD TABLE u`)
	conn := w.server.Conn(t, w.db)
	defer conn.Close(t.Context())
	facts, err := watch.Look(t.Context(), conn, []string{"p"}, func(_, table string) bool { return table != "t" }, nil)
	if err != nil || len(facts) != 1 {
		t.Fatalf("got %+v (%v), want one table", facts, err)
	}
	for _, got := range facts {
		if got.String() != "public.u" || got.Identity != "d" || got.Last != 6 || !slices.Equal(got.Primary, []int16{3, 1}) || got.Index != nil {
			t.Errorf("got %+v, want public.u with the key c, a", got)
		}
		var columns []string
		for _, c := range got.Columns {
			columns = append(columns, fmt.Sprintf("%d %s %d %d %v", c.Num, c.Name, c.Type, c.Modifier, c.Filled))
		}
		want := []string{"1 a 23 -1 false", "3 c 23 -1 false", "5 e 1043 14 true", "6 f 23 -1 true"}
		if !slices.Equal(columns, want) {
			t.Errorf("got columns %q, want %q", columns, want)
		}
		if len(got.Parts) != 1 || got.Parts[0].OID != got.OID || got.Parts[0].File == 0 {
			t.Errorf("got parts %+v, want the table itself", got.Parts)
		}
	}
}

// Whatever keeps a new table from being published keeps nobody from watching the
// others.
func TestTableThatCannotBePublished(t *testing.T) {
	w := newWatched(t)
	w.exec(`CREATE TABLE u (id int PRIMARY KEY)`, `ALTER TABLE t DROP COLUMN v`)
	stop, _ := w.run(func(o *watch.Options) {
		o.Publish = func(context.Context, *pgx.Conn) (bool, error) { return false, errors.New("not the owner") }
	})
	w.wants("passed", "copy t", "changed public.t")
	stop()
}

// A table whose streams lack changes is copied although nothing of it is different, and
// without asking anybody. One that still has no key waits.
func TestTableIsOwedACopy(t *testing.T) {
	w := newWatched(t)
	w.exec(`CREATE TABLE u (id int)`, `ALTER PUBLICATION p ADD TABLE u`)
	conn := w.server.Conn(t, w.db)
	defer conn.Close(t.Context())
	if err := watch.Begin(t.Context(), conn, w.sink, []string{"p"}, all, naming); err != nil {
		t.Fatal(err)
	}
	var keyed, keyless uint32
	if err := conn.QueryRow(t.Context(), `SELECT 't'::regclass::oid, 'u'::regclass::oid`).Scan(&keyed, &keyless); err != nil {
		t.Fatal(err)
	}
	owed := []uint32{keyless, keyed}
	tries := 0
	w.copy = func(watch.Table) (bool, error) { tries++; return tries == 2, nil }
	stop, _ := w.run(func(o *watch.Options) {
		o.Policy, o.Backfill = watch.Stop, false
		o.Owed = func() []uint32 { return owed }
		o.Paid = func(table uint32) {
			w.calls <- fmt.Sprintf("paid %v", table == keyed)
			owed = owed[:1]
		}
	})
	w.wants("passed", "copy t", "passed", "copy t", "changed public.t", "paid true")
	stop()
	if n := len(w.calls); n != 0 {
		t.Errorf("got %d calls more, the first %q; want none", n, w.next())
	}
}
