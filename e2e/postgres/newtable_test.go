package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// T13: a table is added while transactions on it are open, and the server is killed
// in between. Nothing is lost, and nothing is told twice.
func TestTableAddedUnderTransactions(t *testing.T) {
	l := newLab(t, setup{})
	for i := range sized(5, 100) {
		late := table{Name: fmt.Sprintf("late%d", i), Key: []string{"id"}, Uncounted: true}
		l.addTable(late)
		l.order("tables", "") // it may have been added by none of the steps
		l.settles(late)
		l.toldOnce(late)
	}
	l.check()
}

// T13: the one order that a copy must wait for. What a transaction did before its table
// was published is in no change, and in no copy that ends before the transaction does.
func TestTableAddedBeforeTransactionEnds(t *testing.T) {
	l := newLab(t, setup{})
	late := table{Name: "late", Key: []string{"id"}, Uncounted: true}
	l.exec(`create table late (id int primary key, v text)`)
	l.must(l.connected(func(conn *pgx.Conn) error {
		steps := l.transaction(conn, late.Name, 0)
		for _, step := range steps[:3] { // two rows
			step()
		}
		l.publish(late.Name)
		l.pause(300*time.Millisecond, 500*time.Millisecond)
		l.killWeir()
		l.pause(300*time.Millisecond, 500*time.Millisecond)
		for _, step := range steps[3:] {
			step()
		}
		return nil
	}))
	l.settles(late)
	l.toldOnce(late)
	l.check()
}

// addTable makes a table, and lets transactions write to it and the server look at it
// in any order. The server is killed while the first of them is open.
func (l *lab) addTable(made table) {
	l.t.Helper()
	l.exec(`create table ` + made.Name + ` (id int primary key, v text)`)
	tracks := [][]func(){
		{func() { l.publish(made.Name) }, func() { l.order("tables", "") }},
	}
	for n := range 4 {
		conn, err := pgx.Connect(l.t.Context(), l.pg.DSN(db))
		l.must(err)
		defer conn.Close(context.WithoutCancel(l.t.Context()))
		steps := l.transaction(conn, made.Name, n)
		if n == 0 {
			steps = slices.Insert(steps, 1+l.random.IntN(len(steps)-1), l.killWeir)
		}
		tracks = append(tracks, steps)
	}
	for len(tracks) > 0 {
		i := l.random.IntN(len(tracks))
		tracks[i][0]()
		if tracks[i] = tracks[i][1:]; len(tracks[i]) == 0 {
			tracks = append(tracks[:i], tracks[i+1:]...)
		}
	}
}

// publish has the server look for new tables, and gives it a moment to copy the one
// that it finds.
func (l *lab) publish(name string) {
	l.t.Helper()
	l.order("tables", "")
	l.await("a published "+name, func() (yes bool, err error) {
		err = l.ask(&yes, `select exists (select from pg_publication_tables where tablename = $1)`, name)
		return yes, err
	})
	l.pause(0, 400*time.Millisecond)
}

// transaction returns the steps of one. The last one ends without a trace.
func (l *lab) transaction(conn *pgx.Conn, name string, n int) []func() {
	do := func(format string, args ...any) func() {
		return func() {
			l.t.Helper()
			_, err := conn.Exec(l.t.Context(), fmt.Sprintf(format, args...))
			l.must(err)
		}
	}
	insert := func(id int) func() { return do(`insert into %s values (%d, 'row')`, name, 10*n+id) }
	end := do(`commit`)
	if n == 3 {
		end = do(`rollback`)
	}
	return []func(){
		do(`begin`), insert(1), insert(2), do(`update %s set v = 'changed' where id = %d`, name, 10*n+1), insert(3), end,
	}
}

// toldOnce holds that no row, each of which was inserted once, was inserted twice by
// changes or twice by a copy. A copy may have been begun anew, behind a reset.
func (l *lab) toldOnce(made table) {
	l.t.Helper()
	events, err := l.read(streamOf(made.Name))
	l.must(err)
	type telling struct {
		key  string
		live bool
	}
	told := make(map[telling]int)
	for _, e := range events {
		switch e.What() {
		case event.Reset:
			maps.DeleteFunc(told, func(by telling, _ int) bool { return !by.live })
		case event.Insert:
			told[telling{e.Key, e.Live()}]++
		}
	}
	for what, n := range told {
		if n > 1 {
			l.t.Errorf("%s: got %d inserts of key %s (live: %t), want one", made.Name, n, what.key, what.live)
		}
	}
}
