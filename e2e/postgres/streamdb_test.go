package postgres_test

import (
	"context"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
)

// nodeDir is where the scripts for Node and their packages are.
const nodeDir = ".."

// TestStreamDBMaterialisesTables lets the official client make tables of a stream that
// two tables feed, and wait for a transaction by the number that the database knows
// it by.
func TestStreamDBMaterialisesTables(t *testing.T) {
	nodejs.Require(t, nodeDir)
	l := newLab(t, setup{
		SQL: []string{
			`create table "user" (id text primary key, name text)`,
			`create table team (id text primary key, name text)`,
			`insert into "user" select 'u' || i, 'user ' || i from generate_series(1, 500) i`,
			`insert into team values ('t1', 'red')`,
		},
		Env: map[string]string{
			"DS_SYNC__HEADERS":     "strict",
			"DS_SYNC__ROUTES_FILE": routesFile(t, `{table: 'public."user"', template: state}`, `{table: public.team, template: state}`),
		},
	})
	conn, err := pgx.Connect(t.Context(), l.pg.DSN(db))
	l.must(err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	tx, err := conn.Begin(t.Context())
	l.must(err)
	var txid string
	l.must(tx.QueryRow(t.Context(), `select pg_current_xact_id()::xid::text`).Scan(&txid))

	script := nodejs.Start(t, nodeDir, "streamdb.mjs", map[string]any{
		"url": l.weir.URL() + "/v1/stream/state", "txids": []string{txid},
	})
	l.sameTables(script, "preload")
	for _, sql := range []string{
		`update "user" set name = upper(name) where id in ('u7', 'u8')`,
		`delete from "user" where id = 'u9'`,
		`update "user" set id = 'moved' where id = 'u10'`,
		`insert into team values ('t2', 'with "quotes" and ünïcode')`,
	} {
		_, err := tx.Exec(t.Context(), sql)
		l.must(err)
	}
	l.must(tx.Commit(t.Context()))
	l.sameTables(script, txid)
}

// sameTables compares what the script has made of the stream with the tables.
func (l *lab) sameTables(script *nodejs.Script, at string) {
	l.t.Helper()
	var got struct {
		At           string
		Users, Teams map[string]string
	}
	script.Await("state", patience).Decode(l.t, &got)
	if got.At != at {
		l.t.Fatalf("got the state at %q, want %q", got.At, at)
	}
	for sql, have := range map[string]map[string]string{
		`select coalesce(json_object_agg(id, name), '{}') from "user"`: got.Users,
		`select coalesce(json_object_agg(id, name), '{}') from team`:   got.Teams,
	} {
		var want map[string]string
		l.must(l.ask(&want, sql))
		if !maps.Equal(have, want) {
			l.t.Errorf("at %s, %s: the client has %v, want %v", at, sql, have, want)
		}
	}
}
