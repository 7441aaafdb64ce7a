package changes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// name is that of the schema, the publication and the server's slot; the slot
// startSlot stays where the workload begins, rawSlot is read by pg_recvlogical.
const (
	name      = "weir_bench"
	startSlot = "weir_bench_start"
	rawSlot   = "weir_bench_raw"
)

// tidyTime bounds the removal of what a case has made, also after a signal.
const tidyTime = 30 * time.Second

// shown are the settings that a report names: what decoding and syncing cost.
var shown = []string{"wal_level", "logical_decoding_work_mem", "fsync", "synchronous_commit", "wal_sync_method",
	"full_page_writes", "shared_buffers", "max_wal_size", "checkpoint_timeout"}

// header says on what the figures were measured.
func (l *lab) header(ctx context.Context) (*figures.Sheet, error) {
	s := &figures.Sheet{}
	s.Text("kind", "", "ingest")
	var version string
	if err := l.conn.QueryRow(ctx, "select current_setting('server_version')").Scan(&version); err != nil {
		return nil, fmt.Errorf("ask for the version: %w", err)
	}
	s.Text("postgres", "Postgres", version)
	var settings []string
	for _, setting := range shown {
		var value string
		if err := l.conn.QueryRow(ctx, "select current_setting($1)", setting).Scan(&value); err != nil {
			return nil, fmt.Errorf("ask for %s: %w", setting, err)
		}
		s.Text(setting, "", value)
		settings = append(settings, setting+"="+value)
		if setting == "wal_level" && value != "logical" {
			return nil, fmt.Errorf("got wal_level=%s from Postgres, want logical: set it and start Postgres again", value)
		}
	}
	s.Text("settings", "settings", strings.Join(settings, " "))
	s.Text("tier", "tier", l.Tier)
	if len(l.Set) > 0 {
		s.Text("set", "set", strings.Join(l.Set, " "))
	}
	s.Count("cores", "cores", int64(runtime.NumCPU()))
	s.Count("repeats", "repeats", int64(l.Repeats))
	return s, nil
}

// exec runs statements, each in a transaction of its own.
func (l *lab) exec(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := l.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", first(sql, 60), err)
		}
	}
	return nil
}

func first(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}

// tidy is clear, also when ctx has ended.
func (l *lab) tidy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	if l.conn.IsClosed() { // a query was ended with it
		conn, err := pgx.Connect(ctx, l.url)
		if err != nil {
			return fmt.Errorf("connect to Postgres to tidy up: %w", err)
		}
		l.conn = conn
	}
	return l.clear(ctx)
}

// clear removes all that a case makes.
func (l *lab) clear(ctx context.Context) error {
	errs := []error{os.RemoveAll(l.data("origin")), os.RemoveAll(l.data("streams"))}
	for _, slot := range []string{name, startSlot, rawSlot} {
		errs = append(errs, l.dropSlot(ctx, slot))
	}
	return errors.Join(append(errs, l.exec(ctx, "drop publication if exists "+name, "set client_min_messages = warning",
		"drop schema if exists "+name+" cascade"))...)
}

// dropPatience is how long a slot is waited for whose reader has just gone.
const dropPatience = 10 * time.Second

func (l *lab) dropSlot(ctx context.Context, slot string) error {
	for deadline := time.Now().Add(dropPatience); ; {
		_, err := l.conn.Exec(ctx, "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1", slot)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("drop slot %s: %w", slot, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// copySlot makes a slot that stands where from does.
func (l *lab) copySlot(ctx context.Context, from, to string) error {
	if err := l.dropSlot(ctx, to); err != nil {
		return err
	}
	if _, err := l.conn.Exec(ctx, "select pg_copy_logical_replication_slot($1::name, $2::name)", from, to); err != nil {
		return fmt.Errorf("copy slot %s: %w", from, err)
	}
	return nil
}
