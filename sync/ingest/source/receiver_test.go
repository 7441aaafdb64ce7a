package source_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// hostile is a publication name with everything that quoting has to survive.
const hostile = `Wéird "x", y`

// leaks fails the test if a goroutine of its own outlives it.
func leaks(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
	})
}

// stream prepares a table, a publication and a slot in a fresh database and
// starts to receive.
func stream(t *testing.T, s *pgtest.Server, spec source.StartSpec) (*source.Receiver, string) {
	t.Helper()
	db := s.Database(t)
	s.ExecIn(t, db, "create table t (id int primary key, v text)")
	tgt := target(t, s, db)
	ctx := within(t, 20*time.Second)
	writer, err := tgt.Direct(ctx, source.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close(ctx)
	_, err = source.EnsurePublication(ctx, writer, source.PublicationSpec{
		Name: hostile, Tables: []source.Table{{Schema: "public", Name: "t"}}, Version: 150000})
	if err != nil {
		t.Fatal(err)
	}
	spec.Slot, spec.Publications = "s_"+db, []string{hostile}
	spec.From = slot(t, tgt, spec.Slot).ConsistentPoint
	r, err := source.Start(ctx, replication(t, tgt), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, db
}

// until takes frames until one of them makes stop true.
func until(t *testing.T, r *source.Receiver, stop func(source.Frame) bool) {
	t.Helper()
	ctx := within(t, 10*time.Second)
	for {
		f, err := r.Next(ctx)
		if err != nil {
			t.Fatalf("next frame: %v", err)
		}
		if stop(f) {
			return
		}
	}
}

// commit reports whether a frame carries the end of a transaction.
func commit(f source.Frame) bool { return f.Kind == source.XLog && f.Data[0] == 'C' }

func TestConfirmMovesTheSlot(t *testing.T) {
	s := postgres.Server(t)
	leaks(t)
	r, db := stream(t, s, source.StartSpec{})
	s.ExecIn(t, db, "insert into t values (1, 'one')")
	var end lsn.LSN
	until(t, r, func(f source.Frame) bool { end = f.End; return commit(f) })
	r.Confirm(end)
	r.Confirm(end - 1) // never back

	ctx := within(t, 10*time.Second)
	if err := r.Stop(ctx); err != nil {
		t.Fatalf("stop: %v", err)
	}
	row, found, err := source.FindSlot(ctx, s.Conn(t, db), "s_"+db)
	if err != nil || !found {
		t.Fatalf("find slot: found %v, error %v", found, err)
	}
	if row.ConfirmedFlush != end {
		t.Errorf("confirmed_flush_lsn: got %s, want %s", row.ConfirmedFlush, end)
	}
	if row.Active {
		t.Errorf("slot is still active after Stop, by pid %d", row.ActivePID)
	}
	for err == nil {
		_, err = r.Next(ctx)
	}
	if !errors.Is(err, source.ErrStopped) {
		t.Errorf("next after stop: got %v, want ErrStopped", err)
	}
}

func TestFastShutdownIsACleanEnd(t *testing.T) {
	leaks(t)
	s := pgtest.Start(t, pgtest.Options{})
	r, db := stream(t, s, source.StartSpec{})
	s.ExecIn(t, db, "insert into t values (1, 'one')")
	until(t, r, commit)

	ended := make(chan error, 1)
	go func() { ended <- follow(r) }()
	began := time.Now()
	s.Stop(t, pgtest.Fast)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("fast shutdown took %s, want < 2 s", took)
	}
	err := <-ended
	if !errors.Is(err, source.ErrEnded) {
		t.Fatalf("end: got %v, want ErrEnded", err)
	}
	if got := source.Classify(err); got != source.Retry {
		t.Errorf("class: got %s, want retry", got)
	}
}

// follow confirms all that comes, as a store that is always durable would.
func follow(r *source.Receiver) error {
	for {
		f, err := r.Next(context.Background())
		if err != nil {
			return err
		}
		r.Confirm(f.End)
	}
}

func TestKilledServerIsRetried(t *testing.T) {
	leaks(t)
	s := pgtest.Start(t, pgtest.Options{})
	r, _ := stream(t, s, source.StartSpec{})
	s.Exec(t, "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'")
	err := follow(r)
	if got := source.Classify(err); err == nil || got != source.Retry {
		t.Errorf("terminated walsender: got class %s of %v, want retry", got, err)
	}
	r, _ = stream(t, s, source.StartSpec{})
	s.Kill(t)
	err = follow(r)
	if got := source.Classify(err); err == nil || got != source.Retry {
		t.Errorf("killed postmaster: got class %s of %v, want retry", got, err)
	}
	s.Start(t)
}

// A consumer that takes nothing for longer than wal_sender_timeout must find
// its connection alive and every change there.
func TestStalledConsumerSurvives(t *testing.T) {
	leaks(t)
	s := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"wal_sender_timeout": "1s"}})
	r, db := stream(t, s, source.StartSpec{BufferBytes: 64 << 10, WalSenderTimeout: time.Second})
	s.ExecIn(t, db, "insert into t select g, repeat('x', 1000) from generate_series(1, 20000) g")
	conn := s.Conn(t, db)
	var alive bool
	err := conn.QueryRow(within(t, 10*time.Second),
		"select pg_sleep(3), true from pg_stat_activity where backend_type = 'walsender'").Scan(nil, &alive)
	if err != nil {
		t.Fatalf("wait beside the stalled walsender: %v", err)
	}
	if got := r.Buffered(); got > 128<<10 {
		t.Errorf("buffered while stalled: got %d bytes, want at most %d", got, 128<<10)
	}
	rows := 0
	until(t, r, func(f source.Frame) bool {
		if f.Kind == source.XLog && f.Data[0] == 'I' {
			rows++
		}
		return commit(f)
	})
	if rows != 20000 {
		t.Errorf("rows after the stall: got %d, want 20000", rows)
	}
}

func TestMissingPublicationComesWithTheFirstChange(t *testing.T) {
	s := postgres.Server(t)
	leaks(t)
	db := s.Database(t)
	tgt := target(t, s, db)
	name := "s_" + db
	from := slot(t, tgt, name).ConsistentPoint
	r, err := source.Start(within(t, 10*time.Second), replication(t, tgt),
		source.StartSpec{Slot: name, Publications: []string{"nowhere"}, From: from})
	if err != nil {
		t.Fatalf("start: got %v, want none before the first change", err)
	}
	defer r.Close()
	s.ExecIn(t, db, "create table t (id int primary key)", "insert into t values (1)")
	err = follow(r)
	if got := source.Classify(err); err == nil || got != source.Stop {
		t.Errorf("class: got %s of %v, want stop", got, err)
	}
}

func TestStartRefusals(t *testing.T) {
	s := postgres.Server(t)
	leaks(t)
	tgt := target(t, s, s.Database(t))
	for _, spec := range []source.StartSpec{
		{Slot: "absent", Publications: []string{"p"}},
		{Slot: "Upper", Publications: []string{"p"}},
		{Slot: "absent"},
	} {
		if r, err := source.Start(within(t, 10*time.Second), replication(t, tgt), spec); err == nil {
			r.Close()
			t.Errorf("start %+v: got no error", spec)
		}
	}
}
