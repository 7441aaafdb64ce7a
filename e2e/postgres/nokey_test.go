package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/postgres/fold"
	"github.com/weirstreams/weir/sync/ingest/failpoint"
)

// keylessSQL makes tables whose rows nothing tells apart: a log, and a bag with many
// equal rows.
var keylessSQL = []string{
	`create table log (v text, n int)`,
	`create table bag (a int, v text)`,
	`alter table bag replica identity full`,
	`insert into log select 'copied ' || i % 10, i % 3 from generate_series(1, 3000) i`,
	`insert into bag select i % 7, 'v' || i % 3 from generate_series(1, 3000) i`,
}

// Tables without a key: the server dies while it copies them and while they change,
// and each stream adds up to the rows of its table, the equal ones counted.
func TestTablesWithoutAKey(t *testing.T) {
	for _, mode := range []string{"consistent", "incremental"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			tablesWithoutAKey(t, mode)
		})
	}
}

func tablesWithoutAKey(t *testing.T, mode string) {
	routes := filepath.Join(t.TempDir(), "routes.yaml")
	if err := os.WriteFile(routes, []byte("tables: [{table: public.log, no_key: append}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := newLab(t, setup{
		SQL: keylessSQL,
		Env: map[string]string{
			"DS_SYNC__NO_KEY": "hash", "DS_SYNC__ROUTES_FILE": routes,
			"DS_SYNC__SNAPSHOT": mode, "DS_SYNC__SNAPSHOT_WORKERS": "2", "DS_SYNC__SNAPSHOT_CHUNK_ROWS": "200",
		},
		Binary: failpointBinary(t),
		Deaths: []string{hit(failpoint.CopyChunk, 1), hit(failpoint.CopyChunk, 12), hit(failpoint.CopyChunk, 20) + ":5ms"},
	})
	stop := l.churning()
	for range sized(1, 20) {
		// The table is copied anew, of which the server dies, too.
		l.exec(`alter table bag add column later int default 1`)
		l.dieAt(hit(failpoint.Staged, 1+l.random.IntN(20)), hit(failpoint.Record, 1+l.random.IntN(20)), hit(failpoint.Confirm, 1+l.random.IntN(10)))
		l.exec(`alter table bag drop column later`)
		l.pause(100*time.Millisecond, 500*time.Millisecond)
		l.dieAt(hit(failpoint.Append, 1+l.random.IntN(20)), hit(failpoint.Staged, 1+l.random.IntN(20))+":20ms")
	}
	stop()
	l.exec(`create table late (a int, v text)`, `alter table late replica identity full`, `insert into late select 1, 'x' from generate_series(1, 500)`)
	l.order("tables", "")
	for _, name := range []string{"log", "bag", "late"} {
		l.settlesUnkeyed(name)
	}
	l.check()
	for _, name := range []string{"log", "bag", "late"} {
		l.must(l.unkeyed(name))
	}
}

// churning changes the tables in transactions of a few changes until stop is called,
// which wants all of them to have worked.
func (l *lab) churning() (stop func()) {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	failed := make(chan error, 1)
	random := rand.New(rand.NewPCG(*seed, 1))
	conn, err := pgx.Connect(l.t.Context(), l.pg.DSN(db))
	l.must(err)
	go func() {
		defer conn.Close(context.Background())
		var err error
		for err == nil && ctx.Err() == nil {
			_, err = conn.Exec(context.WithoutCancel(ctx), churn(random))
			select {
			case <-ctx.Done():
			case <-time.After(pace / 10):
			}
		}
		failed <- err
	}()
	return func() {
		l.t.Helper()
		cancel()
		l.must(<-failed)
	}
}

// churn is one transaction.
func churn(random *rand.Rand) string {
	changes := []string{"begin"}
	for range 1 + random.IntN(4) {
		a, v, some := random.IntN(7), random.IntN(3), 1+random.IntN(5)
		of := func(a int) string {
			return fmt.Sprintf(`ctid = any (array(select ctid from bag where a = %d limit %d))`, a, some)
		}
		changes = append(changes, []string{
			fmt.Sprintf(`insert into bag (a, v) select %d, 'v%d' from generate_series(1, %d)`, a, v, some),
			fmt.Sprintf(`update bag set a = %d, v = 'v%d' where %s`, random.IntN(7), v, of(a)),
			fmt.Sprintf(`update bag set v = v where %s`, of(a)),
			fmt.Sprintf(`delete from bag where %s`, of(a)),
			fmt.Sprintf(`insert into log select 'v%d', %d from generate_series(1, %d)`, v, a, some),
		}[random.IntN(5)])
	}
	return strings.Join(append(changes, "commit"), "; ")
}

// settlesUnkeyed waits until a stream adds up to its table, and no copy is under way.
func (l *lab) settlesUnkeyed(name string) {
	l.t.Helper()
	l.await("stream of "+name+" equal to its table", func() (bool, error) {
		err := l.unkeyed(name)
		return err == nil, err
	})
}

// unkeyed holds the rows of a stream against those of its table, whatever their keys.
func (l *lab) unkeyed(name string) error {
	events, err := l.read(streamOf(name))
	if err != nil {
		return err
	}
	state, err := fold.Of(events)
	if err != nil {
		return err
	}
	rows, err := l.rows(table{Name: name, Key: []string{"ctid"}})
	if err != nil {
		return err
	}
	got, want := rowTexts(state.Type(name)), rowTexts(rows)
	if !slices.Equal(got, want) {
		return fmt.Errorf("stream of %s: got %d rows, want %d: %s", name, len(got), len(want), firstDifference(got, want))
	}
	if state.Copying() {
		return fmt.Errorf("stream of %s: a copy is under way", name)
	}
	return nil
}

func rowTexts(rows fold.Rows) []string {
	var texts []string
	for _, row := range rows {
		texts = append(texts, fmt.Sprint(row))
	}
	slices.Sort(texts)
	return texts
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("row %d: got %s, want %s", i, got[i], want[i])
		}
	}
	return "one ends before the other"
}
