package postgres_test

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/postgres/count"
	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
)

// table is a table that is held against its stream.
type table struct {
	Name  string
	Key   []string
	Where string   // which rows are published; empty for all
	Only  []string // which columns are; nil for all
	// Uncounted tables are only folded: the oracle knows nothing of filters, nor
	// of what a copy repairs after a change of the table itself.
	Uncounted bool
	// Grown tables got columns: rows from before may lack those that are null.
	Grown bool
}

// read returns the events of a whole stream. One that nothing was ever written to
// need not be there.
func (l *lab) read(stream string) ([]event.Event, error) {
	events, err := event.Read(l.t.Context(), l.client, stream)
	var refused *wire.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return nil, nil
	}
	return events, err
}

// null is how fold writes what JSON calls null.
const null = "null "

// streamOf returns the stream of a table in the schema public.
func streamOf(name string) string { return "pg/public/" + name }

// check waits until everything has arrived, and holds every table, every change
// and every reader against what should be.
func (l *lab) check() {
	l.t.Helper()
	l.quiesce()
	committed := l.committed()
	for _, t := range l.tables {
		events, err := l.read(streamOf(t.Name))
		l.must(err)
		if err := errors.Join(l.compare(t, events), counted(t, events, committed)); err != nil {
			l.t.Errorf("%v", err)
		}
	}
	l.checkReaders()
}

// committed returns what the oracle knows by now.
func (l *lab) committed() (all []oracle.Transaction) {
	l.t.Helper()
	l.must(l.connected(func(conn *pgx.Conn) (err error) {
		l.truth.Use(conn)
		all, err = l.truth.Advance(l.t.Context())
		return err
	}))
	return all
}

// compare folds a stream and holds it against its table.
func (l *lab) compare(t table, events []event.Event) error {
	state, err := fold.Of(events)
	if err != nil {
		return fmt.Errorf("stream of %s: %w", t.Name, err)
	}
	rows, err := l.rows(t)
	if err != nil {
		return err
	}
	if t.Grown {
		addNulls(state.Type(t.Name), rows)
	}
	if found := fold.Compare(state.Type(t.Name), rows); len(found) > 0 {
		return fmt.Errorf("stream of %s, %d events, against %d rows:\n%s", t.Name, len(events), len(rows), found)
	}
	return nil
}

// addNulls gives the rows of a stream the columns that they lack and that are null
// in the table.
func addNulls(stream, table fold.Rows) {
	for key, row := range stream {
		for column, value := range table[key] {
			if _, has := row[column]; !has && value == null {
				row[column] = null
			}
		}
	}
}

// rows reads the table itself.
func (l *lab) rows(t table) (rows fold.Rows, err error) {
	err = l.connected(func(conn *pgx.Conn) error {
		rows, err = fold.ReadTable(l.t.Context(), conn, fold.Table{
			Schema: "public", Name: t.Name, Key: t.Key, Where: t.Where, Only: t.Only,
		})
		return err
	})
	return rows, err
}

func counted(t table, events []event.Event, committed []oracle.Transaction) error {
	if t.Uncounted {
		return nil
	}
	stream := streamOf(t.Name)
	want := count.Expect(committed, map[oracle.Table]count.Table{
		{Schema: "public", Name: t.Name}: count.OneStream(stream, t.Key...),
	})
	return count.Check(stream, events, want[stream])
}

// settles waits until a stream equals its table, which can take a copy.
func (l *lab) settles(t table) {
	l.t.Helper()
	var last error
	l.await("stream of "+t.Name+" equal to its table", func() (bool, error) {
		events, err := l.read(streamOf(t.Name))
		if err == nil {
			err = l.compare(t, events)
		}
		last = err
		return err == nil, err
	})
	l.must(last)
}
