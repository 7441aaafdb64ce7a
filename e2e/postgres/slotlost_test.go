package postgres_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// thing is a table that is copied anew when the slot is lost. What happened meanwhile
// has no event of its own, so nothing is counted.
var thing = table{Name: "thing", Key: []string{"id"}, Uncounted: true}

var thingSQL = []string{
	`create table thing (id int primary key, v text)`,
	`insert into thing select i, 'copied' from generate_series(1, 50) i`,
}

// lossLab is a lab in which the slot will be lost.
func lossLab(t *testing.T, then string, settings map[string]string) *lab {
	t.Helper()
	return newLab(t, setup{
		SQL:    thingSQL,
		Tables: []table{thing}, Settings: settings,
		Env: map[string]string{"DS_SYNC__SLOT_LOST": then, "DS_SYNC__BACKOFF_MAX": "250ms"},
	})
}

// change makes changes that a lost slot may have been the last to know of.
func (l *lab) change() {
	l.t.Helper()
	l.rounds++
	l.exec(
		fmt.Sprintf(`insert into thing select 1000 * %d + i, 'round %[1]d' from generate_series(1, 20) i`, l.rounds),
		fmt.Sprintf(`update thing set v = 'changed' where id %% 7 = %d %% 7`, l.rounds),
		fmt.Sprintf(`delete from thing where id %% 11 = %d %% 11`, l.rounds),
	)
}

// history is the stream as it is, to be held against what it becomes.
func (l *lab) history() []event.Event {
	l.t.Helper()
	events, err := l.read(streamOf("thing"))
	l.must(err)
	return events
}

// begunAnew waits until the stream equals the table, and holds that what it had
// before is still there, with one reset behind it. Then changes flow again.
func (l *lab) begunAnew(before []event.Event) {
	l.t.Helper()
	l.await("a reset", func() (bool, error) {
		events, err := l.read(streamOf("thing"))
		return resets(events) > resets(before), err
	})
	l.settles(thing)
	l.quiesce()
	after := l.history()
	if len(after) < len(before) || !reflect.DeepEqual(after[:len(before)], before) {
		l.t.Errorf("got a stream of %d events that does not begin with the %d from before", len(after), len(before))
	}
	if got, want := resets(after), resets(before)+1; got != want {
		l.t.Errorf("got %d resets, want %d", got, want)
	}
	l.change()
	l.quiesce()
	l.settles(thing)
}

func resets(events []event.Event) (n int) {
	for _, e := range events {
		if e.What() == event.Reset {
			n++
		}
	}
	return n
}

// dropSlot drops the slot, also from under its reader.
func (l *lab) dropSlot() {
	l.t.Helper()
	l.await("a dropped slot", func() (bool, error) {
		var ended int
		err := l.ask(&ended, `select count(pg_terminate_backend(active_pid, 5000))
			from pg_replication_slots where slot_name = $1 and active`, ingestSlot)
		if err == nil {
			err = l.ask(nil, `select pg_drop_replication_slot($1)`, ingestSlot)
		}
		return err == nil, err
	})
}

// whileStopped does something that the server learns of when it starts.
func (l *lab) whileStopped(do func()) {
	l.t.Helper()
	l.weir.Stop()
	l.client.Close()
	do()
	l.weir.Restart()
}

// T8, T9: with SLOT_LOST=resync everything begins anew by itself, but not for ever.
func TestSlotLostResyncs(t *testing.T) {
	l := lossLab(t, "resync", nil)
	before := l.history()
	l.dropSlot()
	l.begunAnew(before)

	before = l.history()
	l.whileStopped(func() { l.change(); l.dropSlot() })
	l.begunAnew(before)

	before = l.history()
	l.whileStopped(l.recreateSlot)
	l.begunAnew(before)

	l.dropSlot()
	if text := l.failed(""); !strings.Contains(text, "more than 3 times in 24 hours") {
		t.Errorf("the fourth loss: got %s, want the limit", text)
	}
	l.staysFailed()
}

// recreateSlot loses the changes of which only the old slot knew.
func (l *lab) recreateSlot() {
	l.t.Helper()
	l.change()
	l.dropSlot()
	l.exec(fmt.Sprintf(`select pg_create_logical_replication_slot('%s', 'pgoutput')`, ingestSlot))
}

// T8: with SLOT_LOST=stop nothing goes on until somebody says so.
func TestSlotDroppedStops(t *testing.T) {
	l := lossLab(t, "stop", nil)
	before := l.history()
	l.dropSlot()
	l.failed("E110")
	l.change()
	l.staysFailed()
	l.killWeir()
	l.failed("E110")
	l.order("resume", "")
	l.failed("E110")
	if after := l.history(); !reflect.DeepEqual(after, before) {
		t.Errorf("got %d events, want the %d from before the loss and no more", len(after), len(before))
	}
	l.resync()
	l.begunAnew(before)
}

// T9: a slot that stands behind what was stored has lost the bytes in between.
func TestSlotAhead(t *testing.T) {
	l := lossLab(t, "stop", nil)
	ways := map[string]func(){
		"recreated": l.recreateSlot,
		"advanced": func() {
			l.change()
			l.exec(fmt.Sprintf(`select pg_replication_slot_advance('%s', pg_current_wal_lsn())`, ingestSlot))
		},
	}
	for name, lose := range ways {
		before := l.history()
		var stored, stands string
		var missing float64
		slotAt := `select confirmed_flush_lsn::text from pg_replication_slots where slot_name = $1`
		l.whileStopped(func() {
			l.must(l.ask(&stored, slotAt, ingestSlot))
			lose()
			l.must(l.ask(&stands, slotAt, ingestSlot))
			l.must(l.ask(&missing, `select pg_wal_lsn_diff($1::text::pg_lsn, $2::text::pg_lsn)::float8`, stands, stored))
		})
		text := l.failed("E109")
		for _, part := range []string{stands, stored, fmt.Sprintf("%.1f KiB of changes", missing/1024)} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: got %q, want it to have %s", name, text, part)
			}
		}
		l.staysFailed()
		l.resync()
		l.begunAnew(before)
	}
}

// T10: Postgres gives up the slot, because it keeps too much.
func TestSlotInvalidated(t *testing.T) {
	l := lossLab(t, "stop", map[string]string{"max_slot_wal_keep_size": "16MB"})
	before := l.history()
	l.whileStopped(func() { l.change(); l.outgrow() })
	l.failed("E108")
	l.await("a status that says lost", func() (bool, error) {
		now, err := l.pipeline()
		return now.Slot.Exists && now.Slot.WALStatus == "lost", err
	})
	l.staysFailed()
	l.resync()
	l.begunAnew(before)

	before = l.history()
	l.order("pause", "") // connected, and confirming nothing
	l.await("a pause", func() (bool, error) {
		now, err := l.pipeline()
		return now.State == "paused", err
	})
	l.change()
	l.outgrow()
	l.failed("E108")
	l.order("resume", "")
	l.failed("E108")
	l.resync()
	l.begunAnew(before)
}

// outgrow writes more log than a slot may keep.
func (l *lab) outgrow() {
	l.t.Helper()
	for range 5 {
		l.exec(`insert into heartbeat values (-1, '') on conflict (id) do update set nonce = ''`, `select pg_switch_wal()`)
	}
	l.exec(`checkpoint`)
}
