package source_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// writer opens a session that may alter things.
func writer(t *testing.T, tgt *source.Target) *pgx.Conn {
	t.Helper()
	conn, err := tgt.Direct(within(t, 10*time.Second), source.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// state fails the test unless err has the SQLSTATE.
func state(t *testing.T, err error, want string) {
	t.Helper()
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != want {
		t.Errorf("got %v, want SQLSTATE %s", err, want)
	}
}

func TestQuotingOnTheServer(t *testing.T) {
	s := postgres.Server(t)
	conn := writer(t, target(t, s, s.Database(t)))
	for _, text := range []string{"plain", `it's`, `back\slash`, `a"b`, hostile, "", `\'; drop table t; --`} {
		var literal string
		row := conn.QueryRow(context.Background(), "select "+source.QuoteLiteral(text))
		if err := row.Scan(&literal); err != nil || literal != text {
			t.Errorf("literal: got %q and %v, want %q", literal, err, text)
		}
		if text == "" {
			continue
		}
		rows, err := conn.Query(context.Background(), "select 1 as "+source.QuoteIdent(text))
		if err != nil {
			t.Fatal(err)
		}
		rows.Close()
		if got := rows.FieldDescriptions()[0].Name; got != text {
			t.Errorf("identifier: got %q, want %q", got, text)
		}
	}
}

func TestSlots(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	tgt := target(t, s, db)
	ctx := within(t, 20*time.Second)
	repl := replication(t, tgt)
	for _, name := range []string{"", "Upper", `s"; drop`, "é", string(make([]byte, 64))} {
		if _, err := source.CreateSlot(ctx, repl, source.SlotSpec{Name: name}); !errors.Is(err, source.ErrSlotName) {
			t.Errorf("slot %q: got %v, want ErrSlotName", name, err)
		}
	}
	name := "sql_" + db
	made, err := source.CreateSlot(ctx, repl, source.SlotSpec{Name: name, ExportSnapshot: true})
	if err != nil {
		t.Fatal(err)
	}
	if made.ConsistentPoint == 0 || made.Snapshot == "" {
		t.Errorf("slot: got %+v, want a position and a snapshot", made)
	}
	reader, err := tgt.Direct(ctx, source.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close(ctx)
	_, err = reader.PgConn().Exec(ctx, "begin isolation level repeatable read; set transaction snapshot "+
		source.QuoteLiteral(made.Snapshot)).ReadAll()
	if err != nil {
		t.Errorf("import the snapshot: %v", err)
	}
	_, err = source.CreateSlot(ctx, repl, source.SlotSpec{Name: name})
	state(t, err, "42710")

	row, found, err := source.FindSlot(ctx, reader, name)
	if err != nil || !found {
		t.Fatalf("find slot: found %v, error %v", found, err)
	}
	if row.Plugin != "pgoutput" || row.Type != "logical" || row.Database != db || row.Active ||
		row.ConfirmedFlush != made.ConsistentPoint || row.Restart == 0 || row.WALStatus != "reserved" || row.SafeBytes != nil {
		t.Errorf("row of a fresh slot: got %+v", row)
	}
	if err := source.DropSlot(ctx, repl, name); err != nil {
		t.Error(err)
	}
	state(t, source.DropSlot(ctx, repl, name), "42704")
	if _, found, err = source.FindSlot(ctx, s.Conn(t, db), name); found || err != nil {
		t.Errorf("after the drop: found %v, error %v", found, err)
	}
}

func TestIdentify(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	repl := replication(t, target(t, s, db))
	got, err := source.Identify(within(t, 10*time.Second), repl)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	if err := s.Conn(t, db).QueryRow(context.Background(),
		"select system_identifier::text from pg_control_system()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	if got.ID != id || got.Timeline != 1 || got.Tail == 0 || got.Database != db || got.Version < 140000 {
		t.Errorf("got %+v, want system %s, timeline 1, database %s", got, id, db)
	}
	history, err := source.TimelineHistory(within(t, 10*time.Second), repl, 1)
	if err != nil || history != nil {
		t.Errorf("history of timeline 1: got %v and %v, want none", history, err)
	}
}

func TestParseHistory(t *testing.T) {
	got, err := source.ParseHistory([]byte("1\t0/3000060\tno recovery target specified\n\n# note\n2\t16/1\tbefore 2026-01-01\n"))
	want := []source.Switch{{Timeline: 1, At: 0x3000060}, {Timeline: 2, At: 0x1600000001}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v and %v, want %v", got, err, want)
	}
	for _, bad := range []string{"1", "x\t0/1\t", "1\tnowhere\t"} {
		if got, err := source.ParseHistory([]byte(bad)); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}

func FuzzParseHistory(f *testing.F) {
	f.Add([]byte("1\t0/3000060\treason\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if got, err := source.ParseHistory(content); err != nil && got != nil {
			t.Fatalf("got %v with %v", got, err)
		}
	})
}

func TestAdvisoryLockExcludes(t *testing.T) {
	s := postgres.Server(t)
	tgt := target(t, s, s.Database(t))
	ctx := within(t, 10*time.Second)
	first, second := replication(t, tgt), replication(t, tgt)
	lock := func(name string, want bool, take func() (bool, error)) {
		t.Helper()
		if got, err := take(); err != nil || got != want {
			t.Errorf("%s: got %v and %v, want %v", name, got, err, want)
		}
	}
	lock("first", true, func() (bool, error) { return source.AdvisoryLock(ctx, first, "p") })
	lock("second", false, func() (bool, error) { return source.AdvisoryLock(ctx, second, "p") })
	lock("other pipeline", true, func() (bool, error) { return source.AdvisoryLock(ctx, second, "q") })
	first.Close(ctx)
	// The server notices the end of a session a moment after the client.
	_, err := second.Exec(ctx, "select pg_advisory_lock("+itoa(source.LockKey("p"))+")").ReadAll()
	if err != nil {
		t.Errorf("after the first session's death: %v", err)
	}
}

// Only a walsender of ours, and only for the session that has the lock.
func TestTerminateOurs(t *testing.T) {
	s := postgres.Server(t)
	r, db := stream(t, s, source.StartSpec{})
	tgt := target(t, s, db)
	ctx := within(t, 10*time.Second)
	conn, holder := writer(t, tgt), replication(t, tgt)
	name := "s_" + db
	end := func(why, pipeline string, want bool) {
		t.Helper()
		got, err := source.TerminateOurs(ctx, conn, name, pipeline, holder.PID())
		if err != nil || got != want {
			t.Errorf("%s: got %v and %v, want %v", why, got, err, want)
		}
	}
	end("without the lock", "test", false)
	for _, pipeline := range []string{"test", "other"} {
		if _, err := source.AdvisoryLock(ctx, holder, pipeline); err != nil {
			t.Fatal(err)
		}
	}
	end("of another pipeline", "other", false)
	end("ours", "test", true)
	state(t, follow(r), "57P01")
}

func TestEmitArrives(t *testing.T) {
	s := postgres.Server(t)
	r, db := stream(t, s, source.StartSpec{Messages: true})
	at, err := source.Emit(within(t, 10*time.Second), writer(t, target(t, s, db)), "ds:heart", []byte("nonce\x00\xff"))
	if err != nil {
		t.Fatal(err)
	}
	var kinds string
	var position lsn.LSN
	until(t, r, func(f source.Frame) bool {
		if f.Kind == source.XLog {
			kinds += string(f.Data[0])
		}
		if f.Kind == source.XLog && f.Data[0] == 'M' {
			position = f.Start
		}
		return commit(f)
	})
	if kinds != "BMC" {
		t.Errorf("messages: got %s, want BMC", kinds)
	}
	// The stream names the end of the record, the function its last byte.
	if position < at || position > at+64 {
		t.Errorf("position: got %s in the stream, %s from the function", position, at)
	}
}
