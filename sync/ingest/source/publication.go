package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Table names a table. Both parts are literal: no folding, no quotes.
type Table struct {
	Schema, Name string
}

// String is the name as SQL writes it.
func (t Table) String() string { return QuoteTable(t) }

// PublicationSpec is a publication as it should be.
type PublicationSpec struct {
	Name    string
	Tables  []Table // the whole list; a partitioned table stands for its leaves
	Version int     // the server's, as in [System]
}

// PublicationChange is what [EnsurePublication] found and did.
type PublicationChange struct {
	// OID of the publication. Another one next time means that it was dropped
	// and made anew, and that changes in between may be missing.
	OID        uint32
	Created    bool
	OptionsSet bool // it published too little, or leaf by leaf
	Added      []Table
	Dropped    []Table

	// Wide says that it covers all tables, or whole schemas. Its list was left
	// alone.
	Wide bool
}

// Versions from which a server can publish whole schemas, and generated columns.
const (
	schemasFrom   = 150000
	generatedFrom = 180000
)

// EnsurePublication creates a publication, or makes the list of an existing
// one equal to the spec's, in one transaction that is committed on return: a
// slot made after it sees it. Column lists and row filters of tables that stay
// are left alone. The session must be allowed to write and the role must own
// the publication and its tables. If a table has been dropped since it was
// listed, [Classify] makes a Retry of the error.
//
// It never publishes all tables: that would make every table without an
// identity unwritable for the application.
func EnsurePublication(ctx context.Context, conn *pgx.Conn, spec PublicationSpec) (PublicationChange, error) {
	var change PublicationChange
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var err error
		change, err = ensure(ctx, tx, spec)
		return err
	})
	if isGone(err) {
		err = fmt.Errorf("%w: %w", errTableGone, err)
	}
	if err != nil {
		return PublicationChange{}, fmt.Errorf("ensure publication %s: %w", QuoteIdent(spec.Name), err)
	}
	return change, nil
}

// errTableGone says that a table of the list was dropped since it was listed: the next
// list is without it.
var errTableGone = errors.New("a table was dropped meanwhile")

// isGone tells the SQLSTATEs of a table, and of a schema, that do not exist.
func isGone(err error) bool {
	server, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (server.Code == "42P01" || server.Code == "3F000")
}

func ensure(ctx context.Context, tx pgx.Tx, spec PublicationSpec) (PublicationChange, error) {
	have, err := findPublication(ctx, tx, spec)
	if errors.Is(err, pgx.ErrNoRows) {
		return create(ctx, tx, spec)
	}
	if err != nil {
		return PublicationChange{}, err
	}
	change := PublicationChange{OID: have.oid, Wide: have.wide, OptionsSet: !have.wanted}
	if !have.wide {
		change.Added = missing(spec.Tables, have.tables)
		change.Dropped = missing(have.tables, spec.Tables)
	}
	for _, sql := range alterations(spec, change) {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return PublicationChange{}, err
		}
	}
	return change, nil
}

func create(ctx context.Context, tx pgx.Tx, spec PublicationSpec) (PublicationChange, error) {
	tables := missing(spec.Tables, nil)
	sql := "CREATE PUBLICATION " + QuoteIdent(spec.Name)
	if len(tables) > 0 {
		sql += " FOR TABLE " + onlyTables(tables)
	}
	if _, err := tx.Exec(ctx, sql+" WITH ("+publicationOptions(spec.Version)+")"); err != nil {
		return PublicationChange{}, err
	}
	have, err := findPublication(ctx, tx, spec)
	if err != nil {
		return PublicationChange{}, err
	}
	return PublicationChange{OID: have.oid, Created: true, Added: tables}, nil
}

// publicationOptions is how every publication of ours is: all operations, and
// partitions under the name of their root.
func publicationOptions(version int) string {
	options := "publish = 'insert, update, delete, truncate', publish_via_partition_root = true"
	if version >= generatedFrom {
		options += ", publish_generated_columns = stored"
	}
	return options
}

// alterations are the statements that make the change.
func alterations(spec PublicationSpec, change PublicationChange) []string {
	var sql []string
	alter := "ALTER PUBLICATION " + QuoteIdent(spec.Name)
	if change.OptionsSet {
		sql = append(sql, alter+" SET ("+publicationOptions(spec.Version)+")")
	}
	if len(change.Added) > 0 {
		sql = append(sql, alter+" ADD TABLE "+onlyTables(change.Added))
	}
	if len(change.Dropped) > 0 {
		sql = append(sql, alter+" DROP TABLE "+onlyTables(change.Dropped))
	}
	return sql
}

// onlyTables lists tables without their inheritance children: those are tables
// of their own, and the next run would find them unasked for.
func onlyTables(tables []Table) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = "ONLY " + QuoteTable(t)
	}
	return strings.Join(names, ", ")
}

// missing returns the tables of a that are not in b, sorted, each once.
func missing(a, b []Table) []Table {
	var out []Table
	for _, t := range a {
		if !slices.Contains(b, t) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(x, y Table) int {
		return cmp.Or(cmp.Compare(x.Schema, y.Schema), cmp.Compare(x.Name, y.Name))
	})
	return slices.Compact(out)
}
