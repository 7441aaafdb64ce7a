// Package changes measures how fast Weir makes a Postgres database's changes into
// events. Run carries out the cases that were chosen, one after another.
//
// What is fast depends on the machine and on Postgres, so that each throughput has a
// ceiling beside it: pg_recvlogical throwing the same changes away. The log of the
// database is filled once; then both read the same part of it, from slots that were
// made before, by turns, and the medians count. Everything is kept in a schema, a
// publication and slots called weir_bench, which are removed at the end.
package changes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/sync/ingest/pgserver"
)

// Options say what is measured.
type Options struct {
	// URL is a superuser's connection to a server with wal_level=logical; without it
	// a temporary one is started.
	URL string
	// Cases are names of cases, all when there are none.
	Cases []string
	// Rows is the size of a case, 0 for each case's own.
	Rows int
	// Repeats is how often both sides are measured.
	Repeats int
	// Tier is the storage mode of the server.
	Tier string
	// Set has more DS_* variables of the servers, each as NAME=VALUE.
	Set []string
	// Duration is how long latency and idle take, 0 for each one's own.
	Duration time.Duration
	// Dir has the data of both servers in new directories, "" for the system's
	// directory for temporary files.
	Dir string
	// JSON asks for objects, one on each line, instead of tables.
	JSON bool
}

// Env is what a measurement gets from the process that it runs in.
type Env struct {
	Stdout   io.Writer
	Progress func(what string, amount func(int64) string) Progress
}

// Progress shows how far something is. One goroutine uses it.
type Progress interface {
	At(done, total int64)
	End()
}

// lab is a database and a place for the data of servers. It is for one goroutine.
type lab struct {
	Options
	env  Env
	url  string
	bin  string // where pg_recvlogical is
	conn *pgx.Conn
	dir  string
}

// Run measures, and writes the figures of each case when it is done. What was made
// for it is removed also when ctx ends it.
func Run(ctx context.Context, o Options, env Env) (err error) {
	l := &lab{Options: o, env: env, url: o.URL}
	if l.bin, err = pgserver.Programs("pg_recvlogical", "psql"); err != nil {
		return err
	}
	if l.url == "" {
		server, err := temporary(ctx, o.Dir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		l.url = server.URL("postgres", "postgres")
	}
	if l.dir, err = os.MkdirTemp(o.Dir, "weir-bench-"); err != nil {
		return fmt.Errorf("make a directory for the server: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(l.dir)) }()
	if l.conn, err = pgx.Connect(ctx, l.url); err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer func() { l.conn.Close(context.WithoutCancel(ctx)) }() // it may be another one by then
	return l.run(ctx)
}

// run carries out one case after another, also when one of them fails.
func (l *lab) run(ctx context.Context) error {
	header, err := l.header(ctx)
	if err != nil {
		return err
	}
	if err := l.write(header); err != nil {
		return err
	}
	var errs []error
	for _, c := range chosen(l.Cases) {
		err := l.measure(ctx, c)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("case %s: %w", c.name, errSignal)
		case err != nil:
			errs = append(errs, fmt.Errorf("case %s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

var errSignal = errors.New("ended by a signal")

// measure carries out a case in an empty schema.
func (l *lab) measure(ctx context.Context, c benchCase) (err error) {
	if err := l.clear(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.tidy(ctx)) }()
	s := &figures.Sheet{}
	s.Text("case", "case", c.name)
	s.Text("what", "", c.what)
	if err := c.run(ctx, l, s); err != nil {
		return err
	}
	return l.write(s)
}

func (l *lab) write(s *figures.Sheet) error {
	if l.JSON {
		return s.WriteJSON(l.env.Stdout)
	}
	if err := s.WriteTable(l.env.Stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintln(l.env.Stdout)
	return err
}

// data is a directory for a server's streams.
func (l *lab) data(name string) string { return filepath.Join(l.dir, name) }
