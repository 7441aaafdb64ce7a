package pgjson_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// hostileDefaults are what an administrator may have set for reasons of his
// own. lc_monetary is left out: the server's machine may have no other locale.
var hostileDefaults = map[string]string{
	"DateStyle":          "'German'",
	"TimeZone":           "'Asia/Kathmandu'",
	"IntervalStyle":      "'sql_standard'",
	"bytea_output":       "'escape'",
	"extra_float_digits": "-10",
	"search_path":        "public, pg_catalog",
	"client_encoding":    "'LATIN1'",
}

// TestPostgres holds every case against a real server: the text it writes, in
// a query, in COPY and in the replication stream, and what its own to_jsonb
// makes of the value.
func TestPostgres(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	server.ExecIn(t, db, typesSQL...)
	cases := valueCases()
	fill := createAllTypes(t, server, db, cases)
	for name, value := range hostileDefaults {
		server.ExecIn(t, db, fmt.Sprintf(`ALTER DATABASE %q SET %s = %s`, db, name, value))
	}

	conn := connect(t, server, db, pgjson.Settings())
	for _, sql := range fill {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	relation, streamed := readStream(t, conn, len(cases))
	queried := readQuery(t, conn)
	copied := readCopy(t, conn)
	catalogue := loadColumns(t, conn, relation)

	for i, c := range cases {
		column := slices.IndexFunc(relation.Columns, func(r *pglogrepl.RelationMessageColumn) bool { return r.Name == columnOf(c) })
		for way, text := range map[string][]byte{
			"query":  queried[i][column],
			"COPY":   copied[i][column],
			"stream": streamed[i][column],
		} {
			if string(text) != c.text {
				t.Errorf("%s %q by %s: got text %q, want %q", c.typ, c.sql, way, text, c.text)
			}
		}
		typ := pgjson.Build(catalogue, relation.Columns[column].DataType, c.opts)
		got, err := pgjson.Append(nil, typ, streamed[i][column])
		if err != nil || string(got) != c.want {
			t.Errorf("%s %q: got %s, %v, want %s", c.typ, c.sql, got, err, c.want)
		}
		compareToJSONB(t, conn, i, c)
	}
}

// TestDefaultsAreNoticed shows why Settings exist: without them a database's
// defaults change the text, and the forms that would mislead are refused.
func TestDefaultsAreNoticed(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	for name, value := range hostileDefaults {
		server.ExecIn(t, db, fmt.Sprintf(`ALTER DATABASE %q SET %s = %s`, db, name, value))
	}
	conn := connect(t, server, db, nil)
	for typ, value := range map[string]string{
		"date": "2024-02-01", "timestamp": "2024-02-01 03:04:05", "timestamptz": "2024-02-01 03:04:05+00",
		"interval": "1 day", "bytea": "ab",
	} {
		result := conn.PgConn().ExecParams(t.Context(), "SELECT '"+value+"'::"+typ, nil, nil, nil, nil).Read()
		if result.Err != nil {
			t.Fatalf("select a %s: %v", typ, result.Err)
		}
		text := result.Rows[0][0]
		if got, err := pgjson.Append(nil, buildNamed(t, typ, pgjson.Options{}), text); err == nil {
			t.Errorf("%s from %q: got %s, want an error", typ, text, got)
		}
	}
}

// TestSettingsHold: each setting that changes text comes from the client, over
// any default.
func TestSettingsHold(t *testing.T) {
	server := postgres.Server(t)
	conn := connect(t, server, server.Database(t), pgjson.Settings())
	for _, name := range []string{
		"client_encoding", "DateStyle", "TimeZone", "IntervalStyle", "bytea_output",
		"extra_float_digits", "lc_monetary", "search_path",
	} {
		var value, source string
		err := conn.QueryRow(t.Context(), "SELECT setting, source FROM pg_catalog.pg_settings WHERE name = $1", name).Scan(&value, &source)
		if err != nil {
			t.Fatalf("read %s: %v", name, err)
		}
		if want, ok := pgjson.Settings()[name]; !ok || value != want || source != "client" {
			t.Errorf("%s: got %q from %s, want %q from client", name, value, source, want)
		}
	}
}

// connect opens a connection with the given start-up parameters and no others.
func connect(t *testing.T, server *pgtest.Server, db string, settings map[string]string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(server.DSN(db))
	if err != nil {
		t.Fatalf("parse the server's address: %v", err)
	}
	config.RuntimeParams = settings
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// createAllTypes makes a table with a column for each type, a publication and
// a slot. It returns the statements that store one case per row.
func createAllTypes(t *testing.T, server *pgtest.Server, db string, cases []valueCase) []string {
	t.Helper()
	columns := []string{"id int4 PRIMARY KEY"}
	var inserts []string
	for i, c := range cases {
		column := fmt.Sprintf("%q %s", columnOf(c), c.typ)
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
		inserts = append(inserts, fmt.Sprintf("INSERT INTO public.all_types (id, %q) VALUES (%d, '%s')",
			columnOf(c), i, strings.ReplaceAll(c.sql, "'", "''")))
	}
	server.ExecIn(t, db,
		"CREATE TABLE all_types ("+strings.Join(columns, ", ")+")",
		"CREATE PUBLICATION p FOR TABLE all_types",
		"SELECT pg_create_logical_replication_slot('"+slotOf(db)+"', 'pgoutput')",
	)
	return inserts
}

func slotOf(db string) string { return "pgjson_" + strings.ToLower(db) }

// columnOf names the column of the case's type.
func columnOf(c valueCase) string { return "c " + strings.ReplaceAll(c.typ, `"`, "'") }

// readStream decodes what pgoutput writes, in a session with conn's settings.
func readStream(t *testing.T, conn *pgx.Conn, n int) (*pglogrepl.RelationMessage, [][][]byte) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT data FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL,
		'proto_version', '1', 'publication_names', 'p')`, slotOf(conn.Config().Database))
	if err != nil {
		t.Fatalf("read the slot: %v", err)
	}
	messages, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		t.Fatalf("read the slot: %v", err)
	}
	var relation *pglogrepl.RelationMessage
	var tuples [][][]byte
	for _, data := range messages {
		message, err := pglogrepl.Parse(data)
		if err != nil {
			t.Fatalf("parse %q: %v", data, err)
		}
		switch message := message.(type) {
		case *pglogrepl.RelationMessage:
			relation = message
		case *pglogrepl.InsertMessage:
			var tuple [][]byte
			for _, column := range message.Tuple.Columns {
				tuple = append(tuple, column.Data)
			}
			tuples = append(tuples, tuple)
		}
	}
	if relation == nil || len(tuples) != n {
		t.Fatalf("the stream holds %d rows, want %d", len(tuples), n)
	}
	return relation, tuples
}

// readQuery reads the table as the initial copy does.
func readQuery(t *testing.T, conn *pgx.Conn) [][][]byte {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), "SELECT * FROM public.all_types ORDER BY id").ReadAll()
	if err != nil {
		t.Fatalf("read the table: %v", err)
	}
	return results[0].Rows
}

// readCopy reads the table by COPY and takes its escapes out.
func readCopy(t *testing.T, conn *pgx.Conn) [][][]byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := conn.PgConn().CopyTo(t.Context(), &out, "COPY (SELECT * FROM public.all_types ORDER BY id) TO STDOUT"); err != nil {
		t.Fatalf("copy the table: %v", err)
	}
	unescape := strings.NewReplacer(`\\`, `\`, `\b`, "\b", `\f`, "\f", `\n`, "\n", `\r`, "\r", `\t`, "\t", `\v`, "\v")
	var rows [][][]byte
	for line := range strings.Lines(out.String()) {
		var row [][]byte
		for field := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), "\t") {
			if field == `\N` {
				row = append(row, nil)
				continue
			}
			row = append(row, []byte(unescape.Replace(field)))
		}
		rows = append(rows, row)
	}
	return rows
}

func loadColumns(t *testing.T, conn *pgx.Conn, relation *pglogrepl.RelationMessage) pgjson.Catalogue {
	t.Helper()
	var oids []uint32
	for _, column := range relation.Columns {
		oids = append(oids, column.DataType)
	}
	catalogue, err := pgjson.Load(t.Context(), conn, oids)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return catalogue
}
