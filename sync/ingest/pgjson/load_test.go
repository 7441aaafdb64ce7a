package pgjson_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
)

// TestLoad: asking for one type brings the types that its text consists of.
func TestLoad(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	server.ExecIn(t, db, typesSQL...)
	server.ExecIn(t, db, `CREATE TABLE hstores (h hstore[])`)
	conn := connect(t, server, db, nil)
	for typ, want := range map[string][]string{
		"int4":      {"pg_catalog.int4"},
		"point":     {"pg_catalog.float8", "pg_catalog.point"},
		"mood":      {"public.mood"},
		"cheap":     {"pg_catalog.numeric", "public.cheap", "public.price"},
		"tags":      {"pg_catalog._text", "pg_catalog.text", "public.tags"},
		"account[]": {"pg_catalog.int4", "public._account", "public.account", "public.citext"},
		"hstores":   {"public._hstore", "public.hstore", "public.hstores"},
		"nest": {"pg_catalog._text", "pg_catalog.int4", "pg_catalog.jsonb", "pg_catalog.text",
			"public._pair", "public.nest", "public.pair"},
	} {
		var names []string
		for _, facts := range load(t, conn, typ) {
			names = append(names, facts.Name)
		}
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("%s: got %q, want %q", typ, names, want)
		}
	}
}

// TestLoadFacts checks the facts that decide an encoding.
func TestLoadFacts(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	server.ExecIn(t, db, typesSQL...)
	conn := connect(t, server, db, nil)
	for typ, want := range map[string]func(pgjson.TypeFacts) bool{
		"hstore":     func(f pgjson.TypeFacts) bool { return f.Extension == "hstore" && f.Local == "hstore" },
		"mood":       func(f pgjson.TypeFacts) bool { return f.Extension == "" && !f.Composite },
		"price":      func(f pgjson.TypeFacts) bool { return f.Base == 1700 && f.Elem == 0 },
		"int4[]":     func(f pgjson.TypeFacts) bool { return f.Elem == 23 },
		"point":      func(f pgjson.TypeFacts) bool { return f.Elem == 0 },
		"int2vector": func(f pgjson.TypeFacts) bool { return f.Elem == 0 },
		"box":        func(f pgjson.TypeFacts) bool { return f.Delim == ';' },
		"account": func(f pgjson.TypeFacts) bool {
			return f.Composite && len(f.Attributes) == 2 && f.Attributes[0] == pgjson.Attribute{Name: "id", Type: 23}
		},
	} {
		oid := typeOID(t, conn, typ)
		if facts := load(t, conn, typ)[oid]; !want(facts) {
			t.Errorf("%s: got %+v", typ, facts)
		}
	}
}

// TestLoadLeavesOutUnknown: types can be gone by the time we ask.
func TestLoadLeavesOutUnknown(t *testing.T) {
	server := postgres.Server(t)
	conn := connect(t, server, server.Database(t), nil)
	got, err := pgjson.Load(t.Context(), conn, []uint32{4_000_000_000, 1007})
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	oids := slices.Sorted(maps.Keys(got))
	if !slices.Equal(oids, []uint32{23, 1007}) || got[1007].Elem != 23 || got[1007].Name != "pg_catalog._int4" {
		t.Errorf("got %+v, want int4 and its array", got)
	}
}

// TestLoadThroughPooler: a transaction pooler carries no prepared statements.
func TestLoadThroughPooler(t *testing.T) {
	server := postgres.Server(t)
	config, err := pgx.ParseConfig(server.DSN(server.Database(t)))
	if err != nil {
		t.Fatalf("parse the server's address: %v", err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(context.Background())
	if got := load(t, conn, "int4[]"); got[1007].Elem != 23 {
		t.Errorf("got %+v, want int4's array", got)
	}
}

func TestLoadFails(t *testing.T) {
	server := postgres.Server(t)
	conn := connect(t, server, server.Database(t), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pgjson.Load(ctx, conn, []uint32{23}); err == nil || !strings.HasPrefix(err.Error(), "read types: ") {
		t.Errorf("got %v, want an error of reading types", err)
	}
}

func typeOID(t *testing.T, conn *pgx.Conn, typ string) uint32 {
	t.Helper()
	var oid uint32
	if err := conn.QueryRow(t.Context(), "SELECT $1::text::regtype::oid", typ).Scan(&oid); err != nil {
		t.Fatalf("oid of %s: %v", typ, err)
	}
	return oid
}

func load(t *testing.T, conn *pgx.Conn, typ string) pgjson.Catalogue {
	t.Helper()
	catalogue, err := pgjson.Load(t.Context(), conn, []uint32{typeOID(t, conn, typ)})
	if err != nil {
		t.Fatalf("load %s: %v", typ, err)
	}
	return catalogue
}
