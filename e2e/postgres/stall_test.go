package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// T7: the store says nothing for longer than Postgres waits for a silent client, while
// there is more to store than memory is for. The connection survives that, memory stays
// bounded, and all arrives once when the store is back.
func TestStoreStalls(t *testing.T) {
	t.Parallel()
	const (
		memory   = 4 * mib // of the buffer, and of a transaction
		rowBytes = 10_000
		full     = memory / 2 // the other half is for garbage
	)
	brake := newBrake(t)
	l := newLab(t, setup{
		Workload: true,
		Binary:   failpointBinary(t),
		Settings: map[string]string{"wal_sender_timeout": "5s"},
		SQL: []string{
			`create table filler (id bigserial primary key, v text)`,
			`alter table filler alter column v set storage external`,
		},
		Tables: []table{{Name: "filler", Key: []string{"id"}}},
		Env: map[string]string{
			"DS_SYNC__BUFFER_BYTES":    fmt.Sprint(memory),
			"DS_SYNC__TX_ATOMIC_BYTES": fmt.Sprint(memory),
			"DS_SYNC__MAX_ROW_BYTES":   fmt.Sprint(memory),
			"WEIR_STALL":               brake.path,
		},
	})
	sender, before := l.walsender(), l.memory("VmRSS")
	l.during(func() {
		brake.hold("pg/", "__ds/")
		for range 90 { // of a megabyte each: more than what may be in memory
			l.exec(fmt.Sprintf(`insert into filler (v) select repeat('f', %d) from generate_series(1, 100)`, rowBytes))
		}
		l.await("a full buffer", func() (bool, error) {
			now, err := l.pipeline()
			return now.RingBytes > full-full/4, err
		})
		stalled := sized(12*time.Second, 5*time.Minute)
		l.pause(stalled, stalled)
		grown, most := l.memory("VmHWM")-before, 2*memory+3*rowBytes+64*mib
		t.Logf("memory grew by %d MiB", grown/mib)
		if grown > most {
			t.Errorf("memory: got %d bytes more than before, want at most %d", grown, most)
		}
		if events, err := l.read(streamOf("filler")); err != nil || slices.ContainsFunc(events, event.Event.Live) {
			t.Errorf("while the store stalls: got %d events and error %v, want none of a change", len(events), err)
		}
		brake.release()
	})
	l.check()
	if now := l.walsender(); now != sender {
		t.Errorf("the connection: got process %d of Postgres at its other end, want %d as before", now, sender)
	}
}

// walsender is the process of Postgres that sends the changes.
func (l *lab) walsender() (pid int) {
	l.t.Helper()
	l.must(l.ask(&pid, `select active_pid from pg_replication_slots where slot_name = $1`, ingestSlot))
	return pid
}

// brake is the file that has the store of a server hold back; see package stall.
type brake struct {
	t    *testing.T
	path string
}

func newBrake(t *testing.T) *brake {
	return &brake{t, filepath.Join(t.TempDir(), "stall")}
}

// hold has the store say nothing of streams whose names begin with one of the words,
// and of no others any more.
func (b *brake) hold(words ...string) {
	b.t.Helper()
	beside := b.path + ".new"
	if err := os.WriteFile(beside, []byte(strings.Join(words, "\n")), 0o600); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Rename(beside, b.path); err != nil {
		b.t.Fatal(err)
	}
}

// release has the store say all that it has held back.
func (b *brake) release() {
	b.t.Helper()
	if err := os.Remove(b.path); err != nil {
		b.t.Fatal(err)
	}
}
