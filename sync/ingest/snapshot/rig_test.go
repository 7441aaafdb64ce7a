package snapshot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgjson"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/snapshot"
	"github.com/weirstreams/weir/sync/ingest/source"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// world is a database on its way into streams in memory.
type world struct {
	t      testing.TB
	server *pgtest.Server
	db     string
	slot   string
	conn   *pgx.Conn
	target *source.Target
	sink   *shaky
	config event.Config
	o      snapshot.Options
	copier *snapshot.Copier
	held   atomic.Bool // for Options.Hold
	meddle func() lsn.LSN
	inside func()
	names  []string // of streams; nil: all that begin with pg/
}

// newWorld makes a database of the statements, with a publication p of all its
// tables. Routes are the lines of a routes file.
func newWorld(t testing.TB, server *pgtest.Server, routes string, sql ...string) *world {
	t.Helper()
	w := &world{t: t, server: server, db: server.Database(t)}
	w.slot = "copy_" + w.db
	server.ExecIn(t, w.db, append(sql, "CREATE PUBLICATION p FOR ALL TABLES WITH (publish_via_partition_root = true)")...)
	w.conn = server.Conn(t, w.db)
	var err error
	if w.target, err = source.NewTarget(source.Options{URL: server.URL("postgres", w.db), Pipeline: "t"}); err != nil {
		t.Fatal(err)
	}
	template, _ := route.ParseTemplate("pg/{schema}/{table}")
	types, _ := route.ParseTypeTemplate("{table}")
	w.config = event.Config{Stream: template, Type: types}
	if routes != "" {
		if w.config.Routes, err = route.ParseRoutes([]byte("tables:\n  - " + routes)); err != nil {
			t.Fatal(err)
		}
	}
	w.o = snapshot.Options{
		Target: w.target, Event: &w.config, Facts: facts, Log: zerolog.Nop(),
		BadRow:       func(table string, key []byte, err error) error { return fmt.Errorf("%s %q: %w", table, key, err) },
		Publications: []string{"p"}, MaxRowBytes: 1 << 20, MaxNameBytes: 1000, ChunkRows: 100,
	}
	w.fresh()
	return w
}

// fresh forgets the streams and the slot.
func (w *world) fresh() {
	w.t.Helper()
	w.exec("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1", w.slot)
	e := stream.New(memstore.New(&memstore.Options{}), &stream.Options{})
	local := sink.NewLocal(e, "t")
	w.t.Cleanup(func() { local.Close(); e.Close() })
	w.sink = &shaky{Sink: local}
	w.o.Sink = w.sink
	w.again()
}

// again makes a copier that knows nothing, as after a crash.
func (w *world) again() { w.copier = snapshot.New(w.o) }

func facts(ctx context.Context, conn *pgx.Conn, r *pgoutput.Relation) (event.Facts, error) {
	rows, err := conn.Query(ctx, `SELECT a.attname::text FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(n, place), pg_attribute a
		WHERE i.indrelid = $1 AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY place`, r.ID)
	if err != nil {
		return event.Facts{}, err
	}
	var f event.Facts
	if f.Key, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return f, err
	}
	var oids []uint32
	for _, c := range r.Columns {
		oids = append(oids, c.Type)
	}
	f.Types, err = pgjson.Load(ctx, conn, oids)
	return f, err
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.conn.Exec(context.Background(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// tables are all that are no partitions.
func (w *world) tables() []snapshot.Table {
	w.t.Helper()
	rows, err := w.conn.Query(context.Background(), `SELECT c.oid, n.nspname::text, c.relname::text, pg_table_size(c.oid)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname = 'public' ORDER BY relname`)
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[snapshot.Table])
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// consistent creates the slot and copies what was there before it.
func (w *world) consistent(ctx context.Context) (source.Slot, error) {
	w.t.Helper()
	index := earlier.OpenMemory(w.sink, nil)
	defer index.Close()
	w.o.Lookup = index.Lookup
	w.again()
	walsender, err := w.target.Replication(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	defer walsender.Close(context.Background())
	if err := w.copier.Prepare(ctx, w.tables()); err != nil {
		return source.Slot{}, err
	}
	slot, err := source.CreateSlot(ctx, walsender, source.SlotSpec{Name: w.slot, ExportSnapshot: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return slot, w.copier.Consistent(ctx, slot.Snapshot, w.tables())
}

// shaky is a sink whose nth write fails, done or not.
type shaky struct {
	sink.Sink

	mu     sync.Mutex
	left   int // writes until one fails; 0: none does
	done   bool
	broken bool
	writes int
	widest int // the most bytes that were appended at once
}

var errShaky = errors.New("the sink is gone")

// write tells whether a write happens, and what comes of it.
func (s *shaky) write() (happens bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.broken {
		return false, errShaky
	}
	if s.left == 0 {
		return true, nil
	}
	if s.left--; s.left > 0 {
		return true, nil
	}
	s.broken = true
	return s.done, errShaky
}

// breakAt lets the nth write from now on fail, and all behind it; 0 heals the sink.
func (s *shaky) breakAt(n int, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.done, s.broken = n, done, false
}

func (s *shaky) Save(ctx context.Context, name, record string) error {
	happens, err := s.write()
	if happens {
		err = errors.Join(s.Sink.Save(ctx, name, record), err)
	}
	return err
}

func (s *shaky) NewBatch() sink.Batch { return &shakyBatch{s.Sink.NewBatch(), s} }

type shakyBatch struct {
	sink.Batch
	s *shaky
}

func (b *shakyBatch) Append(a *sink.Append) error {
	happens, err := b.s.write()
	b.s.mu.Lock()
	b.s.widest = max(b.s.widest, len(a.Data))
	b.s.mu.Unlock()
	if happens {
		err = errors.Join(b.Batch.Append(a), err)
	}
	return err
}

// message is an event as a reader gets it.
type message struct {
	Type    string
	Key     string
	Value   json.RawMessage
	Headers struct {
		Operation, Control, TxID string
		Snapshot                 bool
	}
}

func (w *world) read(name string) []message {
	w.t.Helper()
	body, err := w.sink.Read(context.Background(), name, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []message
	if err := json.Unmarshal([]byte("["+strings.TrimSuffix(string(text), ",")+"]"), &all); err != nil {
		w.t.Fatalf("stream %s: %v\n%s", name, err, text)
	}
	return all
}

func (w *world) streams() []string {
	w.t.Helper()
	if w.names != nil {
		return w.names
	}
	names, err := w.sink.List(context.Background(), "pg/", "", 100_000)
	if err != nil {
		w.t.Fatal(err)
	}
	return names
}

// fold is what the streams say is in a table, as lines of key and value.
func (w *world) fold(typ string) []string {
	w.t.Helper()
	var rows []string
	for _, name := range w.streams() {
		state := make(map[string]string)
		for _, m := range w.read(name) {
			switch {
			case m.Headers.Control == "reset":
				clear(state)
			case m.Type != typ:
			case m.Headers.Operation == "delete":
				delete(state, m.Key)
			default:
				state[m.Key] = string(m.Value)
			}
		}
		for key, value := range state {
			rows = append(rows, key+" "+value)
		}
	}
	slices.Sort(rows)
	return rows
}

// sameRows compares a table without a key with what the streams say of it.
func (w *world) sameRows(table string) {
	w.t.Helper()
	got, want := w.fold(table), w.inTable(table, "''")
	for i, row := range got {
		_, got[i], _ = strings.Cut(row, " ")
		got[i] = " " + got[i]
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.t.Fatalf("%s: the streams have the rows\n%s\nthe table has\n%s", table, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// inTable is what a table holds, in the form of fold; key is an SQL expression.
func (w *world) inTable(table, key string) []string {
	w.t.Helper()
	rows, err := w.conn.Query(context.Background(), fmt.Sprintf("SELECT %s || ' ' || row_to_json(whole_row) FROM %s whole_row", key, table))
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// same compares a table with what the streams say of it.
func (w *world) same(table, key string) {
	w.t.Helper()
	got, want := w.fold(table), w.inTable(table, key)
	if slices.Equal(got, want) {
		return
	}
	for _, row := range got {
		if !slices.Contains(want, row) {
			w.t.Errorf("%s: the streams have %s, which the table has not", table, row)
		}
	}
	for _, row := range want {
		if !slices.Contains(got, row) {
			w.t.Errorf("%s: the table has %s, which the streams have not", table, row)
		}
	}
	w.t.Fatalf("%s: the streams have %d rows, the table %d", table, len(got), len(want))
}
