package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/e2e/internal/cutproxy"
	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/postgres/atomic"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
	"github.com/weirstreams/weir/e2e/postgres/workload"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

const (
	db         = "postgres"
	ingestSlot = "ds_sync" // the server's default
	truthSlot  = "truth"
	// patience is for what takes moments when all is well.
	patience = 60 * time.Second
)

// setup says how a lab begins.
type setup struct {
	// SQL runs before the server starts: what it makes is copied.
	SQL []string
	// Tables are those that checks look at.
	Tables []table
	// Workload makes the tables of the workload, adds them to Tables, and has
	// readers follow the accounts.
	Workload bool
	// Settings are those of Postgres, Env those of the server.
	Settings, Env map[string]string
	// Binary is the server, if it is not the usual one. It dies at each of Deaths,
	// one after the other, before the lab goes on; see dieAt.
	Binary string
	Deaths []string
	// Budget, unless nil, puts a proxy between the two; see cutproxy.
	Budget func(conn int) int64
	// Through, unless nil, is given the address of Postgres and returns the one
	// that the server is told.
	Through func(addr string) string
	// Pipelines, unless nil, is given Postgres and returns a file of pipelines; what it
	// does not say is as without it.
	Pipelines func(pg *pgtest.Server) string
	// Remote has the server only keep streams, and a process of its own ingest.
	Remote bool
	// Memory has the server keep streams in memory. Then, or with Temporary, the slot
	// ends with its connection, and there is no oracle: it has no slot to copy.
	Memory, Temporary bool
}

// lab is a Postgres server, a weir that ingests from it, and what is known of
// both. It is for the test's goroutine.
type lab struct {
	t       *testing.T
	random  *rand.Rand
	pg      *pgtest.Server
	proxy   *cutproxy.Proxy // nil without a budget
	weir    *weirtest.Server
	env     map[string]string
	admin   string // origin of the admin listener
	client  *wire.Client
	truth   *oracle.Oracle
	tables  []table
	readers []*atomic.Reader
	remote  *remoteIngest // nil if the server ingests
	beats   int           // heartbeats so far
	rounds  int           // runs of the workload so far
}

// newLab starts everything and returns when changes flow. Whatever is committed
// from then on the oracle knows.
func newLab(t *testing.T, s setup) *lab {
	t.Helper()
	l := &lab{t: t, random: rand.New(rand.NewPCG(*seed, 0)), tables: s.Tables}
	l.pg = pgtest.Start(t, pgtest.Options{Settings: s.Settings})
	l.pg.Exec(t, `create table heartbeat (id int primary key, nonce text)`)
	l.pg.Exec(t, s.SQL...)
	if s.Workload {
		l.must(l.connected(func(conn *pgx.Conn) error { return workload.Create(t.Context(), conn) }))
		for _, made := range workload.Tables {
			l.tables = append(l.tables, table{Name: made.Name, Key: made.Key})
		}
	}
	l.startWeir(s)
	l.await("a reader of the slot", l.slotActive)
	l.quiesce()
	if s.Memory || s.Temporary {
		return l
	}
	l.must(l.connected(func(conn *pgx.Conn) (err error) {
		l.truth, err = oracle.Copy(t.Context(), conn, ingestSlot, truthSlot)
		return err
	}))
	if s.Workload {
		l.watch("accounts", atomic.ConstantSum("accounts", "balance", workload.Total))
		l.must(l.connected(func(conn *pgx.Conn) error { return workload.OpenAccounts(t.Context(), conn) }))
	}
	return l
}

func (l *lab) startWeir(s setup) {
	l.t.Helper()
	url := l.pg.URL("postgres", db)
	if s.Budget != nil {
		l.proxy = cutproxy.Start(l.t, l.pg.Addr(), s.Budget)
		url = strings.Replace(url, l.pg.Addr(), strings.TrimPrefix(l.proxy.URL(), "http://"), 1)
	}
	if s.Through != nil {
		url = strings.Replace(url, l.pg.Addr(), s.Through(l.pg.Addr()), 1)
	}
	admin := fmt.Sprintf("127.0.0.1:%d", weirtest.FreePort(l.t))
	l.admin = "http://" + admin
	l.env = map[string]string{
		"DS_ADMIN__LISTEN":            admin,
		"DS_LIMITS__MAX_STREAM_BYTES": "0",
		"DS_SYNC__DATABASE_URL":       url,
		"DS_SYNC__TABLES":             "public.*",
		"DS_SYNC__HEADERS":            "extended",
	}
	if s.Temporary {
		l.env["DS_SYNC__SLOT_MODE"] = "temporary"
	}
	maps.Copy(l.env, s.Env)
	if s.Pipelines != nil {
		path := filepath.Join(l.t.TempDir(), "pipelines.yaml")
		l.must(os.WriteFile(path, []byte(s.Pipelines(l.pg)), 0o600))
		l.env["DS_SYNC__CONFIG_FILE"] = path
	}
	ingesting := maps.Clone(l.env)
	if s.Remote {
		maps.DeleteFunc(l.env, func(name, _ string) bool { return strings.HasPrefix(name, "DS_SYNC__") })
	}
	config := weirtest.Config{Binary: weirBinary, Mode: "file-durable", Dir: keptDir(l.t), Env: l.env}
	if s.Memory {
		config.Mode, config.Dir = "memory", ""
	}
	if s.Binary != "" {
		config.Binary = s.Binary
	}
	if s.Deaths != nil {
		config.Env = nil // the first to ingest is the first that dies
	}
	l.weir = weirtest.Start(l.t, config)
	if s.Deaths != nil {
		l.dieAt(s.Deaths...)
	}
	if s.Remote {
		l.remote = startRemote(l.t, l.weir.URL(), ingesting)
	}
	l.client = wire.New(l.weir.URL(), 64)
	l.t.Cleanup(l.client.Close)
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// exec runs statements, each in a transaction of its own.
func (l *lab) exec(sql ...string) {
	l.t.Helper()
	l.pg.Exec(l.t, sql...)
}

// connected lends a connection.
func (l *lab) connected(do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(l.t.Context(), l.pg.DSN(db))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(l.t.Context()))
	return do(conn)
}

// ask has one value answered by a query.
func (l *lab) ask(answer any, sql string, args ...any) error {
	return l.connected(func(conn *pgx.Conn) error {
		return conn.QueryRow(l.t.Context(), sql, args...).Scan(answer)
	})
}
