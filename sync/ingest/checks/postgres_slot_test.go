package checks_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

func textOf(t *testing.T, found []checks.Finding, want string) {
	t.Helper()
	if len(found) == 0 || !strings.Contains(found[0].Text, want) {
		t.Errorf("found %v, want a text with %q", found, want)
	}
}

// TestSlotsOfOtherKinds are E107.
func TestSlotsOfOtherKinds(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	other := h.server.Database(t)
	h.exec(t, "SELECT pg_create_logical_replication_slot('"+h.db+"_decoding', 'test_decoding')",
		"SELECT pg_create_physical_replication_slot('"+h.db+"_physical')")
	t.Cleanup(func() { h.exec(t, "SELECT pg_drop_replication_slot('"+h.db+"_physical')") })
	h.server.ExecIn(t, other, "SELECT pg_create_logical_replication_slot('"+h.db+"_other', 'pgoutput')")
	for name, kind := range map[string]string{
		"decoding": `is a logical test_decoding slot of database "` + h.db + `"; this pipeline needs pgoutput in "` + h.db + `".`,
		"physical": `is a physical slot; this pipeline needs pgoutput in "` + h.db + `".`,
		"other":    `is a logical pgoutput slot of database "` + other + `"; this pipeline needs pgoutput in "` + h.db + `".`,
	} {
		w := h.want()
		w.Slot = h.db + "_" + name
		found := h.look(t, w)
		same(t, found, "E107")
		textOf(t, found, kind)
	}
}

// TestSlotDroppedAndAdvanced are E110 and E109, with the count of bytes.
func TestSlotDroppedAndAdvanced(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	w := h.withSlot(t, h.want())
	h.exec(t, "INSERT INTO orders SELECT i FROM generate_series(1, 20000) i",
		fmt.Sprintf("SELECT pg_replication_slot_advance('%s', pg_current_wal_lsn())", w.Slot))
	found := h.look(t, w)
	same(t, found, "E109")
	f := h.facts(t, w)
	missing := f.Slots[0].Confirmed - w.Record.Confirmed
	textOf(t, found, fmt.Sprintf("stands at %s but this server only stored up to %s", f.Slots[0].Confirmed, w.Record.Confirmed))
	textOf(t, found, checks.Size(int64(missing))+" of changes are missing.")

	h.exec(t, fmt.Sprintf("SELECT pg_drop_replication_slot('%s')", w.Slot))
	found = h.look(t, w)
	same(t, found, "E110")
	textOf(t, found, fmt.Sprintf(`Slot "%s" does not exist any more on system %d.`, w.Slot, f.Server.System))
}

// TestSlotInUse is E106, and a role of its own sees who it is.
func TestSlotInUse(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	w := h.withSlot(t, h.want())
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, h.server.URL(h.role, h.db)+"&replication=database&application_name=twin")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	err = pglogrepl.StartReplication(ctx, c, w.Slot, 0, pglogrepl.StartReplicationOptions{
		PluginArgs: []string{"proto_version '1'", `publication_names '"Wéird ""x"", y"'`},
	})
	if err != nil {
		t.Fatal(err)
	}
	found := h.look(t, w)
	same(t, found, "E106")
	want := regexp.MustCompile(fmt.Sprintf(`^Slot "%s" is in use by pid %d \(application twin, client 127\.0\.0\.1, since 20[0-9TZ:-]+\)\. `+
		`Another instance is running, or a dead connection expires in at most 1 min\. `, w.Slot, c.PID()))
	if !want.MatchString(found[0].Text) {
		t.Errorf("text is %s, want %v", found[0].Text, want)
	}
}

// TestSlotLost is E108: the log that the slot needs is removed.
func TestSlotLost(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{Settings: map[string]string{
		"max_slot_wal_keep_size": "1MB", "min_wal_size": "32MB", "max_wal_size": "32MB",
	}})
	h := newShop(t, s)
	h.exec(t, "INSERT INTO orders SELECT i FROM generate_series(1, 30000) i", "VACUUM orders")
	w := h.withSlot(t, h.want())
	for range 4 {
		h.exec(t, "INSERT INTO orders VALUES (0)", "SELECT pg_switch_wal()", "DELETE FROM orders WHERE id = 0")
	}
	h.exec(t, "CHECKPOINT")
	found := h.look(t, w)
	same(t, found, "E108")
	textOf(t, found, "was invalidated (wal_removed); changes after "+h.facts(t, w).Slots[0].Confirmed.String()+" are gone.")
	textOf(t, found, "(now 1 MiB)")
	textOf(t, found, "snapshot 1 table, about 1 MiB.")
}

// TestAnotherSystem is E111: the same slot on a cluster of its own.
func TestAnotherSystem(t *testing.T) {
	h := newShop(t, postgres.Server(t))
	w := h.withSlot(t, h.want())
	other := shop{server: pgtest.Start(t, pgtest.Options{OwnSystem: true, Settings: map[string]string{"max_slot_wal_keep_size": "1GB"}}), db: "postgres", role: "postgres"}
	other.exec(t, `CREATE PUBLICATION "Wéird ""x"", y"`,
		fmt.Sprintf("SELECT pg_create_logical_replication_slot('%s', 'pgoutput')", w.Slot))
	found := other.look(t, w)
	same(t, found, "E111")
	textOf(t, found, fmt.Sprintf("is not the one the streams were built from (%d, 1)", w.Record.System))
}

// TestBlockers finds open and prepared transactions that have written, and with
// a role that may not see the sessions of others too.
func TestBlockers(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{})
	h := newShop(t, s)
	ctx := context.Background()
	writer, reader := s.Conn(t, h.db), s.Conn(t, h.db)
	for c, sql := range map[*pgx.Conn]string{
		writer: "BEGIN; INSERT INTO orders VALUES (1)",
		reader: "BEGIN; SELECT * FROM orders",
	} {
		if _, err := c.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	h.exec(t, "BEGIN; INSERT INTO orders VALUES (2); PREPARE TRANSACTION 'left over'")
	t.Cleanup(func() { h.exec(t, "ROLLBACK PREPARED 'left over'") })

	asked, err := pgx.Connect(ctx, s.URL(h.role, h.db))
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close(ctx)
	all, err := checks.Blockers(ctx, asked)
	if err != nil || len(all) != 2 {
		t.Fatalf("blockers are %v (%v), want the writer and the prepared one", all, err)
	}
	if all[0].PID != 0 || all[0].Application != "left over" || !all[0].AgeKnown {
		t.Errorf("first blocker is %+v, want the prepared transaction", all[0])
	}
	if all[1].PID != int32(writer.PgConn().PID()) || all[1].AgeKnown {
		t.Errorf("second blocker is %+v, want pid %d with its age hidden", all[1], writer.PgConn().PID())
	}
	seen, err := checks.Blockers(ctx, reader)
	if err != nil || len(seen) != 2 || !seen[0].AgeKnown || !seen[1].AgeKnown {
		t.Errorf("blockers by a superuser are %+v (%v), want two of known age", seen, err)
	}
}
