package workload

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Accounts is how many accounts there are, and Total what they hold together.
const (
	Accounts = 50
	balance  = 1000
	Total    = Accounts * balance
)

// Table is a table of the workload, in the schema public.
type Table struct {
	Name string
	Key  []string // the columns of the primary key, in order
}

// Tables lists what the sessions write to.
var Tables = []Table{
	{"accounts", []string{"id"}},
	{"items", []string{"id"}},
	{"docs", []string{"id"}},
	{"docs_full", []string{"id"}},
	{"pairs", []string{"a", "b"}},
	{"scratch", []string{"id"}},
}

// ddl makes the tables. Storage external puts long texts out of line without
// trying to make them short first.
var ddl = []string{
	`create table accounts (id int primary key, balance bigint not null, note text)`,
	`create table items (id bigint primary key, name text, qty int, price numeric(12,2),
		ok boolean, data jsonb, blob bytea, at timestamptz)`,
	`create table docs (id text primary key, title text, body text)`,
	`alter table docs alter column body set storage external`,
	`create table docs_full (like docs including all)`,
	`alter table docs_full replica identity full`,
	`create table pairs (a int, b text, v text, primary key (a, b))`,
	`create table scratch (id bigint primary key, v text)`,
}

// Create makes the tables, with nothing in them.
func Create(ctx context.Context, conn *pgx.Conn) error {
	for _, sql := range ddl {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// OpenAccounts gives every account its first balance, in one transaction.
func OpenAccounts(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `insert into accounts select i, $1 from generate_series(1, $2) i`, balance, Accounts)
	if err != nil {
		return fmt.Errorf("open the accounts: %w", err)
	}
	return nil
}
