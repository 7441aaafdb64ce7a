package source_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/source"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestTLSPolicy(t *testing.T) {
	for url, want := range map[string][]string{
		"postgres://u@db.example.com/d":                         {"db.example.com tls"},
		"host=db.example.com user=u":                            {"db.example.com tls"},
		"postgres://u:p?a=b@db.example.com/d?connect_timeout=3": {"db.example.com tls"},
		"postgres://u@db.example.com/d?sslmode=disable":         {"db.example.com plain"},
		"host=db.example.com sslmode=prefer":                    {"db.example.com tls", "db.example.com plain"},
		"postgres://u@db.example.com/d?sslmode=prefer":          {"db.example.com tls", "db.example.com plain"},
		"postgres://u@db.example.com/d?sslmode=verify-full":     {"db.example.com verify-full"},
		"postgres://u@db.example.com/d?sslrootcert=system":      {"db.example.com verify-full"},
		"postgres://u@db.example.com/d?sslnegotiation=direct":   {"db.example.com tls"},
		"postgres://u@localhost/d":                              {"localhost tls", "localhost plain"},
		"postgres://u@127.0.0.1/d":                              {"127.0.0.1 tls", "127.0.0.1 plain"},
		"postgres://u@[::1]:5433/d":                             {"::1 tls", "::1 plain"},
		"postgres://u@[2001:db8::1]:5433/d":                     {"2001:db8::1 tls"},
		"host=/run/postgresql user=u":                           {"/run/postgresql plain"},
		"postgres://u@localhost,db.example.com/d":               {"localhost tls", "db.example.com tls"},
		"host=db.example.com user=u password='a b' port=5":      {"db.example.com tls"},
	} {
		got, err := source.NewTarget(source.Options{URL: url, Pipeline: "p"})
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if modes := got.Modes(); !reflect.DeepEqual(modes, want) {
			t.Errorf("%s: got %q, want %q", url, modes, want)
		}
	}
}

func TestNewTargetReportsEverythingAtOnce(t *testing.T) {
	_, err := source.NewTarget(source.Options{
		URL: "postgres://u@h:port/d", QueryURL: "host=h sslmode=sometimes", IPFamily: "5",
		PasswordFile: "f", PasswordCommand: "c", Pipeline: strings.Repeat("x", 56),
	})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, part := range []string{"database URL", "query URL", "IP family", "exclude each other", "1 bytes too long"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %q", part, err)
		}
	}
	for _, o := range []source.Options{{Pipeline: "p"}, {URL: "host=h"}, {URL: "host=h", Pipeline: "é"},
		{URL: "host=h", Pipeline: "p", PasswordCommand: "'open"}} {
		if _, err := source.NewTarget(o); err == nil {
			t.Errorf("%#v: got no error", o)
		}
	}
	_, err = source.NewTarget(source.Options{URL: "host=h sslmode=verify-ca sslrootcert=/no/such.pem", Pipeline: "p"})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/no/such.pem") {
		t.Errorf("missing CA file: got %v, want its name", err)
	}
}

// The server refuses the password; nothing that can be printed may hold it.
func TestSecretsStayHidden(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{HBA: []string{"host all guarded all scram-sha-256"}})
	s.Exec(t, "create role guarded login replication password 'right'")
	host, port, _ := strings.Cut(s.Addr(), ":")
	odd := `p@:/?#[]&%25 '\"ä` + "=;"
	encoded := ""
	for _, c := range []byte(odd) {
		encoded += fmt.Sprintf("%%%02X", c)
	}
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(odd)
	for _, url := range []string{
		"postgres://guarded:" + encoded + "@" + s.Addr() + "/postgres",
		fmt.Sprintf("host=%s port=%s user=guarded dbname=postgres password='%s'", host, port, quoted),
	} {
		o := source.Options{URL: url, Pipeline: "p"}
		tgt, err := source.NewTarget(o)
		if err != nil {
			t.Fatal(err)
		}
		_, direct := tgt.Direct(within(t, 10*time.Second), source.ReadOnly)
		_, repl := tgt.Replication(within(t, 10*time.Second))
		state(t, direct, "28P01")
		state(t, repl, "28P01")
		var driver *pgconn.ConnectError
		if errors.As(direct, &driver) || errors.As(repl, &driver) {
			t.Error("the error leads to the driver's, which holds the configuration")
		}
		for _, text := range []string{fmt.Sprint(tgt), fmt.Sprintf("%+v %#v", tgt, tgt), fmt.Sprintf("%+v %#v", o, o),
			fmt.Sprintf("%+v", direct), fmt.Sprintf("%+v", repl)} {
			if strings.Contains(text, odd) || strings.Contains(text, encoded) || strings.Contains(text, quoted) {
				t.Errorf("the password is in %q", text)
			}
		}
	}
	for _, broken := range []string{"postgres://u:" + "s3cr:et@h:5432x/d", "host=h password='s3cr:et", "postgres://u:s3cr:et%zz@h/d"} {
		_, err := source.NewTarget(source.Options{URL: broken, Pipeline: "p"})
		if err == nil || strings.Contains(err.Error(), "s3cr") {
			t.Errorf("broken string: got %v, want an error without the password", err)
		}
	}
}

func TestRedact(t *testing.T) {
	got := source.Redact("a b%2Fc and b/c and b%2fc", "b/c", "")
	if want := "a *** and *** and b%2fc"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A rotated password reaches every next connection, and no live one breaks.
func TestPasswordIsReadBeforeEveryConnection(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{HBA: []string{"host all guarded all scram-sha-256"}})
	s.Exec(t, "create role guarded login replication password 'one'")
	path := filepath.Join(t.TempDir(), "password")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	url := s.URL("guarded", "postgres")
	file := source.Options{URL: url, Pipeline: "p", PasswordFile: path}
	command := source.Options{URL: url, Pipeline: "p", PasswordCommand: "cat '" + path + "'"}
	for _, o := range []source.Options{file, command} {
		tgt, err := source.NewTarget(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(t, "alter role guarded password 'one'")
		write("one\n")
		live := replication(t, tgt)
		s.Exec(t, "alter role guarded password 'two'")
		_, err = tgt.Direct(within(t, 10*time.Second), source.ReadOnly)
		state(t, err, "28P01")
		write("two\r\n")
		conn, err := tgt.Query(within(t, 10*time.Second), source.ReadOnly)
		if err != nil {
			t.Fatalf("after the rotation: %v", err)
		}
		conn.Close(context.Background())
		if _, err := live.Exec(context.Background(), "select 1").ReadAll(); err != nil {
			t.Errorf("live connection: %v", err)
		}
	}
}

func TestPasswordSourcesAreBounded(t *testing.T) {
	for _, command := range []string{"yes", "true", "false", "/no/such/command"} {
		tgt, err := source.NewTarget(source.Options{URL: "host=127.0.0.1 port=1", Pipeline: "p", PasswordCommand: "timeout 0.2 " + command})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tgt.Direct(within(t, 10*time.Second), source.ReadOnly); err == nil || !strings.Contains(err.Error(), "password") {
			t.Errorf("%s: got %v, want an error about the password", command, err)
		}
	}
}

// Defaults of the database must not reach our sessions.
func TestSessionSettings(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	for _, set := range []string{"DateStyle = 'German'", "TimeZone = 'Asia/Tokyo'", "IntervalStyle = 'sql_standard'",
		"bytea_output = 'escape'", "extra_float_digits = -5", "search_path = 'public'", "statement_timeout = '1h'",
		"idle_in_transaction_session_timeout = '1h'", "lock_timeout = '1h'", "standard_conforming_strings = off"} {
		s.Exec(t, "alter database "+db+" set "+set)
	}
	const probe = `select now()::text ~ '^\d{4}-.*\+00$', '1 day'::interval::text, '\x41'::bytea::text,
		0.1::float8::text, current_setting('search_path'), current_setting('standard_conforming_strings'),
		current_setting('statement_timeout') || current_setting('lock_timeout')
		  || current_setting('idle_in_transaction_session_timeout') || current_setting('idle_session_timeout'),
		current_setting('application_name'), current_setting('client_encoding')`
	want := []string{"t", "P1D", `\x41`, "0.1", `""`, "on", "0000", "ds-sync/test", "UTF8"}
	tgt := target(t, s, db)
	reader, err := tgt.Query(within(t, 10*time.Second), source.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close(context.Background())
	for name, conn := range map[string]*pgconn.PgConn{"replication": replication(t, tgt), "reader": reader.PgConn()} {
		results, err := conn.Exec(context.Background(), probe).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, value := range results[0].Rows[0] {
			if got := string(value); got != want[i] && (want[i] != `""` || got != "") {
				t.Errorf("%s, column %d: got %q, want %q", name, i, got, want[i])
			}
		}
	}
	_, err = reader.Exec(context.Background(), "create table refused ()")
	state(t, err, "25006")
	if _, err := writer(t, tgt).Exec(context.Background(), "create table public.allowed ()"); err != nil {
		t.Errorf("writer: %v", err)
	}
}

// LocalSettings must be statements that the server takes, in a transaction.
func TestLocalSettings(t *testing.T) {
	s := postgres.Server(t)
	conn := s.Conn(t, s.Database(t))
	_, err := conn.PgConn().Exec(context.Background(), "begin; "+source.LocalSettings(source.ReadOnly)+
		" create table refused ()").ReadAll()
	state(t, err, "25006")
	_, err = conn.PgConn().Exec(context.Background(), "rollback; begin; "+source.LocalSettings(source.ReadWrite)+
		" create table public.allowed (); rollback").ReadAll()
	if err != nil {
		t.Errorf("read-write: %v", err)
	}
}
