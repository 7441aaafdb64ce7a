package checks_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

var postgres = pgtest.Shared{Options: pgtest.Options{Settings: map[string]string{"max_slot_wal_keep_size": "1GB"}}}

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// odd needs quotes in every place that it is written to (F9).
const odd = `Wéird "x", y`

// shop is a database of the shared server with a role of its own that has what
// the documentation asks for and no more.
type shop struct {
	server   *pgtest.Server
	db, role string
}

func newShop(t *testing.T, s *pgtest.Server) shop {
	t.Helper()
	db := s.Database(t)
	h := shop{server: s, db: db, role: db + "_weir"}
	s.Exec(t, "CREATE ROLE "+h.role+" LOGIN REPLICATION")
	t.Cleanup(func() { s.Exec(t, "DROP ROLE "+h.role) })
	t.Cleanup(func() { s.ExecIn(t, db, "DROP OWNED BY "+h.role) })
	h.exec(t,
		"CREATE TABLE orders (id int PRIMARY KEY, user_id int)",
		"GRANT SELECT ON orders TO "+h.role,
		`CREATE PUBLICATION "Wéird ""x"", y" FOR TABLE orders WITH (publish_via_partition_root)`,
	)
	return h
}

func (h shop) exec(t *testing.T, sql ...string) {
	t.Helper()
	h.server.ExecIn(t, h.db, sql...)
}

// want is a pipeline over all tables, which has nothing stored yet.
func (h shop) want() checks.Want {
	return checks.Want{
		Target:        checks.Target{Role: h.role, Database: h.db, Host: "127.0.0.1", Port: 5432},
		Slot:          h.db + "_slot",
		Publications:  []string{odd},
		MirrorSchemas: []string{"ds_sync"},
	}
}

func (h shop) facts(t *testing.T, w checks.Want) checks.Facts {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, h.server.URL(h.role, h.db))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	f, err := checks.Gather(ctx, c, checks.Selection{
		Publications: w.Publications,
		Tables:       func(string, string) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (h shop) look(t *testing.T, w checks.Want) []checks.Finding {
	t.Helper()
	return checks.Findings(h.facts(t, w), w)
}

// withSlot makes the slot, and the record that goes with it.
func (h shop) withSlot(t *testing.T, w checks.Want) checks.Want {
	t.Helper()
	h.exec(t, fmt.Sprintf("SELECT pg_create_logical_replication_slot('%s', 'pgoutput')", w.Slot))
	f := h.facts(t, w)
	w.Record = &checks.Record{System: f.Server.System, Timeline: f.Server.Timeline, Slot: w.Slot, Confirmed: f.Server.Position}
	w.Record.Publications = map[string]uint32{odd: f.Publications[0].OID}
	return w
}

func same(t *testing.T, found []checks.Finding, want ...string) {
	t.Helper()
	if got := codes(found); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
		for _, f := range found {
			t.Log(f.Code, f.Text)
		}
	}
}

// TestNothingIsWrong: a role with the documented grants suffices for the look
// itself too.
func TestNothingIsWrong(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	w := h.want()
	same(t, h.look(t, w))
	same(t, h.look(t, h.withSlot(t, w)))
}

// TestTablesOfEveryKind has a table for each finding, all found in one look. The
// golden file has their texts, in which the role's name depends on the database.
func TestTablesOfEveryKind(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	h.exec(t,
		`CREATE SCHEMA ds_sync; CREATE TABLE ds_sync.rows (id int PRIMARY KEY)`,
		`CREATE SCHEMA "Sales"; GRANT USAGE ON SCHEMA "Sales", ds_sync TO `+h.role,
		`CREATE TABLE "Sales"."Order Lines" (id int PRIMARY KEY)`,
		`CREATE TABLE no_select (id int PRIMARY KEY, a int)`,
		`CREATE TABLE policies (id int PRIMARY KEY); ALTER TABLE policies ENABLE ROW LEVEL SECURITY`,
		`CREATE TABLE no_key (a int)`,
		`CREATE TABLE candidate (a int NOT NULL, b int NOT NULL, c int UNIQUE); CREATE UNIQUE INDEX ab ON candidate (a, b); CREATE UNIQUE INDEX "B" ON candidate (b)`,
		`CREATE TABLE deferred (a int PRIMARY KEY DEFERRABLE)`,
		`CREATE TABLE by_index (a int NOT NULL UNIQUE, b int); ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_a_key`,
		`CREATE TABLE lists (id int PRIMARY KEY, a int, b int)`,
		`CREATE TABLE leaves (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE leaf PARTITION OF leaves DEFAULT`,
		`CREATE TABLE root (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE below PARTITION OF root DEFAULT`,
		`CREATE TABLE apart (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE apart_1 PARTITION OF apart DEFAULT`,
		`ALTER TABLE apart_1 REPLICA IDENTITY NOTHING`,
		`CREATE UNLOGGED TABLE volatile (a int); CREATE VIEW orders_view AS SELECT * FROM orders`,
		`GRANT SELECT ON ALL TABLES IN SCHEMA public, "Sales", ds_sync TO `+h.role,
		`REVOKE SELECT ON no_select, below FROM `+h.role+`; GRANT SELECT (id, a) ON no_select TO `+h.role,
		`ALTER PUBLICATION "Wéird ""x"", y" SET TABLE orders, ds_sync.rows, no_select, policies, no_key, candidate, deferred, by_index, lists (id, a), root, apart`,
		`CREATE PUBLICATION second FOR TABLE lists, leaves WITH (publish = 'insert, update, delete')`,
	)
	w := h.want()
	w.Publications = append(w.Publications, "second")
	w.Routes = map[checks.Name]checks.Route{
		{Schema: "public", Table: "orders"}:   {Template: "u/{column:user_id}", Columns: []string{"user_id"}},
		{Schema: "public", Table: "by_index"}: {Template: "{column:a}/{column:b}", Columns: []string{"a", "b"}},
	}
	found := h.look(t, w)
	same(t, found,
		"E113 \"Sales\".\"Order Lines\"", "E114",
		"E115 public.apart_1", "E115 public.candidate", "E115 public.deferred", "E115 public.no_key",
		"E116 public.by_index", "E116 public.orders",
		"E117 public.below", "E117 public.no_select", "E117 public.policies",
		"E118 public.leaves", "E118 public.lists", "E120")
	var golden strings.Builder
	write(&golden, "one look", found...)
	compare(t, "tables", strings.ReplaceAll(golden.String(), h.role, "weir"))
}

// TestManagedTables: the owner of the publication and the table may add it.
func TestManagedTables(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	h.exec(t,
		"GRANT CREATE ON DATABASE "+h.db+" TO "+h.role+"; GRANT CREATE ON SCHEMA public TO "+h.role,
		"SET ROLE "+h.role+"; CREATE TABLE mine (id int PRIMARY KEY); RESET ROLE",
		`ALTER PUBLICATION "Wéird ""x"", y" OWNER TO `+h.role)
	w := h.want()
	same(t, h.look(t, w), "E113 public.mine")
	w.Manage = true
	same(t, h.look(t, w))
	w.Publications = []string{"new"}
	same(t, h.look(t, w), "E112")
	h.exec(t, "ALTER TABLE orders OWNER TO "+h.role)
	same(t, h.look(t, w))
}

// TestPublications has them missing, and dropped and created again.
func TestPublications(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	w := h.withSlot(t, h.want())
	h.exec(t, `DROP PUBLICATION "Wéird ""x"", y"`)
	found := h.look(t, w)
	same(t, found, "E112")
	want := fmt.Sprintf(`Publication "Wéird ""x"", y" does not exist in "%s". Run CREATE PUBLICATION "Wéird ""x"", y" FOR TABLE public.orders `+
		`WITH (publish_via_partition_root = true), then let this server create its slot.`, h.db)
	if found[0].Text != want || found[0].Then != checks.Stop {
		t.Errorf("missing publication: %s, %v; want %s, stop", found[0].Text, found[0].Then, want)
	}
	h.exec(t, `CREATE PUBLICATION "Wéird ""x"", y" FOR ALL TABLES`)
	found = h.look(t, w)
	same(t, found, "E112")
	if found[0].Then != checks.PerSetting {
		t.Errorf("another publication of the name: then %v, want per setting", found[0].Then)
	}
}

// TestConnectingForReal has the server refuse replication connections.
func TestConnectingForReal(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{
		Settings: map[string]string{"wal_level": "replica", "max_wal_senders": "1", "max_replication_slots": "1", "max_slot_wal_keep_size": "1GB"},
		HBA:      []string{"host all outside 127.0.0.1/32 reject"},
	})
	s.Exec(t, "CREATE ROLE outside LOGIN REPLICATION", "CREATE ROLE reader LOGIN",
		"SELECT pg_create_physical_replication_slot('standby', true)")
	connect := func(user, db string) (*pgconn.PgConn, error) {
		return pgconn.Connect(context.Background(), s.URL(user, db)+"&replication=database&application_name=first")
	}
	refusedAs := func(user, db, code string) {
		t.Helper()
		_, err := connect(user, db)
		if got := checks.Connecting(err, checks.Target{Role: user, Database: db}, checks.Facts{}); got.Code != code {
			t.Errorf("%v: %s, want %s", err, got.Code, code)
		}
	}
	refusedAs("outside", "postgres", "E103")
	refusedAs("reader", "postgres", "E102")
	refusedAs("postgres", "nowhere", "E100")
	c, err := connect("postgres", "postgres")
	// The one that was refused last may still be on its way out.
	for deadline := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(deadline); {
		c, err = connect("postgres", "postgres")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	refusedAs("postgres", "postgres", "E105")

	h := shop{server: s, db: "postgres", role: "reader"}
	w := h.want()
	found := h.look(t, w)
	same(t, found, "E101", "E102", "E105", "E105", "E112")
	want := fmt.Sprintf(`All 1 replication slots (or wal senders) are in use: pid %d "first" of role "postgres" (0 B behind). `+
		`Drop an unused one or raise max_replication_slots / max_wal_senders (restart needed).`, c.PID())
	if text := found[3].Text; text != want {
		t.Errorf("senders in use: got %s, want %s", text, want)
	}
}
