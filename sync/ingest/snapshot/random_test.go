package snapshot_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// shapes are tables that the random workload works on, by the name of the shape: the
// table, the columns of its key, and how to make a key of a number.
var shapes = []struct{ name, ddl, columns, values, key string }{
	{"numbers", "CREATE TABLE numbers (k int PRIMARY KEY, v text, big text)", "k", "%d", "k"},
	{"pairs", "CREATE TABLE pairs (v text, b text, a int, big text, PRIMARY KEY (a, b))", "a, b", "%[1]d, 'b' || %[1]d %% 7", "a || ',' || b"},
	{"uuids", "CREATE TABLE uuids (k uuid PRIMARY KEY, v text, big text)", "k", "md5('%d')::uuid", "k"},
	{"moods", "CREATE TYPE mood AS ENUM ('sad', 'fine'); CREATE TABLE moods (k mood, n int, v text, big text, PRIMARY KEY (k, n))", "k, n",
		"(ARRAY['sad', 'fine'])[%[1]d %% 2 + 1]::mood, %[1]d", "k || ',' || n"},
	{"keyless", "CREATE TABLE keyless (k text NOT NULL, v text, big text); ALTER TABLE keyless REPLICA IDENTITY FULL", "k", "'k%d'", "k"},
	{"users", "CREATE TABLE users (k int PRIMARY KEY, v text, big text, who int GENERATED ALWAYS AS IDENTITY); ALTER TABLE users REPLICA IDENTITY FULL",
		"k", "%d", "k"},
}

const shapeRoutes = `{table: public.keyless, key: [k]}
  - {table: public.users, template: "pg/user/{column:v}"}`

// keys is how many keys the workload has for each table.
const keys = 100

// TestWorkload changes tables at random while they are copied, with crashes in
// between, and compares at the end.
func TestWorkload(t *testing.T) {
	var ddl []string
	for _, s := range shapes {
		ddl = append(ddl, s.ddl)
	}
	w := newWorld(t, postgres.Server(t), shapeRoutes, ddl...)
	w.o.ChunkRows, w.o.Workers = 19, 3
	for range 4 {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		w.workload(rand.New(rand.NewPCG(seed, 0)))
	}
}

func (w *world) workload(r *rand.Rand) {
	ctx := context.Background()
	w.o.MaxTouched = []int{2, 0}[r.IntN(2)]
	w.fresh()
	for _, s := range shapes {
		w.exec("TRUNCATE " + s.name)
		for n := range keys {
			if r.IntN(3) > 0 {
				w.insert(s.name, s.columns, s.values, n, r.IntN(4))
			}
		}
	}
	meddling := rand.New(rand.NewPCG(r.Uint64(), 1))
	w.meddle = w.meddler(func(conn *pgx.Conn) { w.change(meddling, []*pgx.Conn{conn}) })
	from := w.slotOnly()
	for crashes := r.IntN(3); ; crashes-- {
		if crashes > 0 {
			w.sink.breakAt(1+r.IntN(60), r.IntN(2) == 0)
		}
		s := w.stream(from)
		conns := []*pgx.Conn{w.server.Conn(w.t, w.db), w.server.Conn(w.t, w.db)}
		for range 60 {
			w.change(r, conns)
		}
		for _, conn := range conns {
			if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
				w.t.Fatal(err)
			}
			conn.Close(ctx)
		}
		err := s.quiet()
		s.stop()
		w.sink.breakAt(0, false)
		if err == nil && crashes <= 0 {
			break
		}
	}
	for _, s := range shapes {
		w.same(s.name, s.key)
	}
}

func (w *world) insert(table, columns, values string, n, v int) {
	w.exec(fmt.Sprintf("INSERT INTO %s (%s, v, big) VALUES (%s, 'v%d', %s) ON CONFLICT DO NOTHING", table, columns, fmt.Sprintf(values, n), v, large(n)))
}

// large is a value that Postgres keeps out of line.
func large(n int) string {
	return fmt.Sprintf("(SELECT string_agg(md5((%d * i)::text), '') FROM generate_series(1, 120) i)", n)
}

// meddler changes a row or two that may have been read and not been appended yet.
func (w *world) meddler(change func(conn *pgx.Conn)) func() lsn.LSN {
	conn := w.server.Conn(w.t, w.db)
	var mu sync.Mutex // the copies of several tables meddle
	return func() lsn.LSN {
		mu.Lock()
		defer mu.Unlock()
		for range 4 {
			change(conn)
			if _, err := conn.Exec(context.Background(), "COMMIT"); err != nil {
				w.t.Error(err)
			}
		}
		end, err := source.Emit(context.Background(), conn, "test", []byte{})
		if err != nil {
			w.t.Error(err)
		}
		return end
	}
}

// change does something in one of two transactions that are open at the same time.
// Those that would wait for each other give up.
func (w *world) change(r *rand.Rand, conns []*pgx.Conn) {
	ctx := context.Background()
	conn := conns[r.IntN(len(conns))]
	s := shapes[r.IntN(len(shapes))]
	key := func() string { return fmt.Sprintf("("+s.columns+") = ROW("+s.values+")", r.IntN(keys)) }
	if s.name == "numbers" || s.name == "uuids" || s.name == "keyless" || s.name == "users" {
		key = func() string { return fmt.Sprintf(s.columns+" = "+s.values, r.IntN(keys)) }
	}
	var sql string
	switch n := r.IntN(100); {
	case n < 20:
		sql = "COMMIT"
	case n < 25:
		sql = "ROLLBACK"
	case n < 45:
		sql = fmt.Sprintf("UPDATE %s SET v = 'v%d' WHERE %s", s.name, r.IntN(4), key())
	case n < 60:
		sql = fmt.Sprintf("DELETE FROM %s WHERE %s", s.name, key())
	case n < 80 && s.name != "keyless":
		n := r.IntN(keys)
		sql = fmt.Sprintf("INSERT INTO %s (%s, v, big) VALUES (%s, 'new', %s) ON CONFLICT DO NOTHING", s.name, s.columns, fmt.Sprintf(s.values, n), large(n))
	case n < 90 && s.name != "keyless":
		sql = fmt.Sprintf("UPDATE %s SET (%s) = ROW(%s) WHERE %s", s.name, s.columns, fmt.Sprintf(s.values, r.IntN(keys)), key())
	case n < 97:
		sql = fmt.Sprintf("UPDATE %s SET big = %s WHERE %s", s.name, large(r.IntN(1000)), key())
	default:
		sql = "TRUNCATE " + s.name
	}
	_, err := conn.Exec(ctx, "SET lock_timeout = '20ms'; BEGIN; "+sql)
	if err != nil && strings.Contains(err.Error(), "SQLSTATE") {
		_, err = conn.Exec(ctx, "ROLLBACK")
	}
	if err != nil {
		w.t.Errorf("%s: %v", sql, err)
	}
}
