package pgoutput_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/pgoutput/pgouttest"
)

// Two tables that every hand-made message speaks of: item (id, note) with a
// primary key, and log (line) with the whole row as identity.
const (
	itemRelation = "R\x00\x00\x40\x01public\x00item\x00d\x00\x02" +
		"\x01id\x00\x00\x00\x00\x17\xff\xff\xff\xff" +
		"\x00note\x00\x00\x00\x04\x13\x00\x00\x00\x24"
	logRelation = "R\x00\x00\x40\x02\x00log\x00f\x00\x01" +
		"\x01line\x00\x00\x00\x00\x19\xff\xff\xff\xff"
)

var (
	item = &pgoutput.Relation{
		ID: 0x4001, Schema: "public", Name: "item", Identity: pgoutput.IdentityDefault,
		Columns: []pgoutput.RelationColumn{
			{Name: "id", Type: 23, Modifier: -1, Key: true},
			{Name: "note", Type: 1043, Modifier: 36},
		},
	}
	logTable = &pgoutput.Relation{
		ID: 0x4002, Schema: "pg_catalog", Name: "log", Identity: pgoutput.IdentityFull,
		Columns: []pgoutput.RelationColumn{{Name: "line", Type: 25, Modifier: -1, Key: true}},
	}
)

// messages has every kind, and every form of the kinds that have several.
var messages = []struct {
	name string
	raw  string
	want pgoutput.Message
}{
	{
		"begin",
		"B" + "\x00\x00\x00\x16\xb3\x74\xd8\x48" + "\x00\x00\x00\x00\x00\x0f\x42\x41" + "\x00\x00\x02\xda",
		&pgoutput.Begin{CommitLSN: 0x16B374D848, Time: time.Date(2000, 1, 1, 0, 0, 1, 1000, time.UTC), XID: 730},
	},
	{
		"commit before 2000",
		"C\x00" + "\x00\x00\x00\x16\xb3\x74\xd8\x48" + "\x00\x00\x00\x16\xb3\x74\xd8\x78" + "\xff\xff\xff\xff\xff\xff\xff\xff",
		&pgoutput.Commit{
			CommitLSN: 0x16B374D848, EndLSN: 0x16B374D878,
			Time: time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		},
	},
	{
		"origin",
		"O" + "\x00\x00\x00\x00\x00\x00\x00\x07" + "north\x00",
		&pgoutput.Origin{CommitLSN: 7, Name: []byte("north")},
	},
	{"relation", itemRelation, item},
	{"relation in the catalogue", logRelation, logTable},
	{
		"relation without columns",
		"R\x00\x00\x40\x03s\x00empty\x00n\x00\x00",
		&pgoutput.Relation{
			ID: 0x4003, Schema: "s", Name: "empty", Identity: pgoutput.IdentityNothing,
			Columns: []pgoutput.RelationColumn{},
		},
	},
	{
		"relation of the shortest columns",
		"R\x00\x00\x40\x04s\x00short\x00i\x00\x02" +
			"\x01\x00\x00\x00\x00\x17\xff\xff\xff\xff" +
			"\x00\x00\x00\x00\x00\x19\x00\x00\x00\x00",
		&pgoutput.Relation{
			ID: 0x4004, Schema: "s", Name: "short", Identity: pgoutput.IdentityIndex,
			Columns: []pgoutput.RelationColumn{{Type: 23, Modifier: -1, Key: true}, {Type: 25}},
		},
	},
	{"type", "Y\x00\x00\x40\x05app\x00mood\x00", &pgoutput.Type{ID: 0x4005, Schema: "app", Name: "mood"}},
	{"type of a domain", "Y\x00\x00\x40\x06\x00int4\x00", &pgoutput.Type{ID: 0x4006, Schema: "pg_catalog", Name: "int4"}},
	{
		"insert",
		"I\x00\x00\x40\x01N\x00\x02t\x00\x00\x00\x0242n",
		&pgoutput.Insert{Relation: item, New: pgoutput.Tuple{text("42"), null}},
	},
	{
		"insert of an empty and a binary value",
		"I\x00\x00\x40\x01N\x00\x02t\x00\x00\x00\x00b\x00\x00\x00\x02\x00\xff",
		&pgoutput.Insert{Relation: item, New: pgoutput.Tuple{
			text(""), {Kind: pgoutput.Binary, Value: []byte{0, 0xff}},
		}},
	},
	{
		"update that leaves the key and a large value alone",
		"U\x00\x00\x40\x01N\x00\x02t\x00\x00\x00\x011u",
		&pgoutput.Update{Relation: item, New: pgoutput.Tuple{text("1"), unchanged}},
	},
	{
		"update of the key",
		"U\x00\x00\x40\x01K\x00\x02t\x00\x00\x00\x011nN\x00\x02t\x00\x00\x00\x012t\x00\x00\x00\x01x",
		&pgoutput.Update{
			Relation: item,
			OldKind:  pgoutput.OldKey, Old: pgoutput.Tuple{text("1"), null},
			New: pgoutput.Tuple{text("2"), text("x")},
		},
	},
	{
		"update with the whole old row",
		"U\x00\x00\x40\x02O\x00\x01t\x00\x00\x00\x01aN\x00\x01t\x00\x00\x00\x01b",
		&pgoutput.Update{
			Relation: logTable,
			OldKind:  pgoutput.OldRow, Old: pgoutput.Tuple{text("a")},
			New: pgoutput.Tuple{text("b")},
		},
	},
	{
		"delete by key",
		"D\x00\x00\x40\x01K\x00\x02t\x00\x00\x00\x011n",
		&pgoutput.Delete{Relation: item, OldKind: pgoutput.OldKey, Old: pgoutput.Tuple{text("1"), null}},
	},
	{
		"delete by the whole row",
		"D\x00\x00\x40\x02O\x00\x01t\x00\x00\x00\x01b",
		&pgoutput.Delete{Relation: logTable, OldKind: pgoutput.OldRow, Old: pgoutput.Tuple{text("b")}},
	},
	{
		"truncate of two",
		"T\x00\x00\x00\x02\x03\x00\x00\x40\x02\x00\x00\x40\x01",
		&pgoutput.Truncate{
			Relations: []*pgoutput.Relation{logTable, item},
			Cascade:   true, RestartIdentity: true,
		},
	},
	{
		"truncate that restarts identities",
		"T\x00\x00\x00\x01\x02\x00\x00\x40\x01",
		&pgoutput.Truncate{Relations: []*pgoutput.Relation{item}, RestartIdentity: true},
	},
	{
		"logical, transactional",
		"M\x01" + "\x00\x00\x00\x16\xb3\x74\xd8\x48" + "ds:a\x00" + "\x00\x00\x00\x03{}\x00",
		&pgoutput.Logical{
			Transactional: true, LSN: 0x16B374D848,
			Prefix: []byte("ds:a"), Content: []byte("{}\x00"),
		},
	},
	{
		"logical, at once and empty",
		"M\x00" + "\x00\x00\x00\x00\x00\x00\x00\x01" + "\x00" + "\x00\x00\x00\x00",
		&pgoutput.Logical{LSN: 1, Prefix: []byte{}, Content: []byte{}},
	},
}

var (
	null      = pgoutput.Column{Kind: pgoutput.Null}
	unchanged = pgoutput.Column{Kind: pgoutput.Unchanged}
)

func text(value string) pgoutput.Column {
	return pgoutput.Column{Kind: pgoutput.Text, Value: []byte(value)}
}

// prepared returns a decoder to which both tables have been announced.
func prepared(tb testing.TB) *pgoutput.Decoder {
	tb.Helper()
	d := new(pgoutput.Decoder)
	mustDecode(tb, d, itemRelation)
	mustDecode(tb, d, logRelation)
	return d
}

func mustDecode(tb testing.TB, d *pgoutput.Decoder, raw string) pgoutput.Message {
	tb.Helper()
	m, err := d.Decode([]byte(raw))
	if err != nil {
		tb.Fatalf("decode %q: got %v, want no error", raw, err)
	}
	return m
}

func TestDecode(t *testing.T) {
	for _, test := range messages {
		t.Run(test.name, func(t *testing.T) {
			got := mustDecode(t, prepared(t), test.raw)
			if !reflect.DeepEqual(normal(got), test.want) {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
			if again := pgouttest.Encode(got); !bytes.Equal(again, []byte(test.raw)) {
				t.Errorf("encoded again: got %q, want %q", again, test.raw)
			}
		})
	}
}

// TestDecodeInTurn has one decoder take all kinds twice, so that memory that is
// used again would show what it held before.
func TestDecodeInTurn(t *testing.T) {
	d := prepared(t)
	for range 2 {
		for _, test := range messages {
			if got := mustDecode(t, d, test.raw); !reflect.DeepEqual(normal(got), test.want) {
				t.Errorf("%s: got %#v, want %#v", test.name, got, test.want)
			}
		}
	}
}

// normal gives an update without an old row the nil of the wanted ones.
func normal(m pgoutput.Message) pgoutput.Message {
	update, ok := m.(*pgoutput.Update)
	if !ok || len(update.Old) != 0 {
		return m
	}
	bare := *update
	bare.Old = nil
	return &bare
}

// TestValuesAreLent pins down that no value is copied: it is the caller who
// decides what outlives the buffer.
func TestValuesAreLent(t *testing.T) {
	raw := []byte("I\x00\x00\x40\x01N\x00\x02t\x00\x00\x00\x0242n")
	m, err := prepared(t).Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	value := m.(*pgoutput.Insert).New[0].Value
	raw[13] = '7'
	if got := string(value); got != "72" {
		t.Errorf("got %q, want the buffer's %q", got, "72")
	}
	if got := cap(value); got != 2 {
		t.Errorf("capacity: got %d, want 2, so that append leaves the next column alone", got)
	}
}

func TestChangesAllocateNothing(t *testing.T) {
	d := prepared(t)
	for _, test := range messages {
		raw := []byte(test.raw)
		switch test.want.(type) {
		case *pgoutput.Type, *pgoutput.Relation:
			continue
		}
		got := testing.AllocsPerRun(100, func() {
			if _, err := d.Decode(raw); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: got %v allocations, want none", test.name, got)
		}
	}
}
