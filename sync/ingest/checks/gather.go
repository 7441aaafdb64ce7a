package checks

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Conn is an ordinary connection, or a pool of them; not one for replication.
type Conn interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// Selection names what Gather looks for.
type Selection struct {
	Publications []string
	// Tables tells whether the pipeline selects the table.
	Tables func(schema, table string) bool
}

// Gather reads the facts in one read-only transaction. It asks the catalogue and
// the statistics only: it takes no lock on a table and waits for nobody.
func Gather(ctx context.Context, conn Conn, s Selection) (Facts, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return Facts{}, fmt.Errorf("begin to read the catalogue: %w", err)
	}
	defer tx.Rollback(ctx)
	g := gatherer{tx: tx, selection: s}
	for _, step := range []struct {
		what string
		read func(context.Context) error
	}{
		{"server", g.server},
		{"settings", g.settings},
		{"role", g.role},
		{"slots", g.slots},
		{"wal senders", g.senders},
		{"publications", g.publications},
		{"tables", g.tables},
		{"indexes", g.indexes},
		{"published tables", g.shares},
		{"open transactions", g.blockers},
	} {
		if err := step.read(ctx); err != nil {
			return Facts{}, fmt.Errorf("read %s of the catalogue: %w", step.what, err)
		}
	}
	return g.facts, nil
}

// Blockers returns the transactions that have written and not ended, oldest
// first: a slot that is being created waits for them.
func Blockers(ctx context.Context, conn Conn) ([]Transaction, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("begin to read open transactions: %w", err)
	}
	defer tx.Rollback(ctx)
	g := gatherer{tx: tx}
	if err := g.blockers(ctx); err != nil {
		return nil, fmt.Errorf("read open transactions: %w", err)
	}
	return g.facts.Blockers, nil
}

// gatherer fills facts step by step; later steps use what earlier ones found.
type gatherer struct {
	tx        pgx.Tx
	selection Selection
	facts     Facts
}

// collect runs a query and returns its rows, each read by scan.
func collect[T any](ctx context.Context, tx pgx.Tx, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}
