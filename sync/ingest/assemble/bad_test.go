package assemble_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// wantError checks that an error's text has a part.
func wantError(t failer, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Fatalf("got error %v, want one with %q", err, part)
	}
}

// TestBadRows: a row that cannot become an event ends the session, or is left out and
// has a dead letter, and its neighbours do not suffer.
func TestBadRows(t *testing.T) {
	table := relation(1, "t", pgoutput.IdentityDefault, "*id", "v")
	named := relation(2, "named", pgoutput.IdentityFull, "id", "v")
	good := func(id string) pgoutput.Message { return &pgoutput.Insert{Relation: table, New: row(id, "x")} }
	for _, test := range []struct {
		name, key, problem string
		m                  pgoutput.Message
	}{
		{"key is NULL", "", "a key column is null", &pgoutput.Insert{Relation: table, New: row(null, "x")}},
		{"key of the row before is NULL", "", "a key column is null",
			&pgoutput.Update{Relation: table, OldKind: pgoutput.OldKey, Old: row(null, null), New: row("2", "x")}},
		{"key is empty", "", "the key is empty", &pgoutput.Delete{Relation: table, OldKind: pgoutput.OldKey, Old: row("", null)}},
		{"not UTF-8", "2", "UTF-8", &pgoutput.Insert{Relation: table, New: row("2", "\xff")}},
		{"too large", "2", "an event of 435 bytes: larger than DS_SYNC__MAX_ROW_BYTES allows",
			&pgoutput.Insert{Relation: table, New: row("2", strings.Repeat("v", 300))}},
		{"value was not sent", "2", "the value was not sent and is not known", &pgoutput.Insert{Relation: table, New: row("2", same)}},
		{"name too long", "2", "stream of 203 bytes", &pgoutput.Insert{Relation: named, New: row("2", strings.Repeat("n", 200))}},
		{"name of an update too long", "2", "stream of 203 bytes",
			&pgoutput.Update{Relation: named, OldKind: pgoutput.OldRow, Old: row("2", strings.Repeat("n", 200)), New: row("2", strings.Repeat("n", 200))}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := defaults(t, "table: public.named, template: 'ns/{column:v}'")
			o.MaxRowBytes = 300
			r := newRig(t, o)
			wantError(t, r.send(r.tx(good("1"), test.m)), test.problem)

			var told []assemble.BadRow
			o.BadRow = func(row assemble.BadRow) error {
				row.Key = bytes.Clone(row.Key)
				told = append(told, row)
				return nil
			}
			r = newRig(t, o)
			r.do(good("1"), test.m, good("3"))
			if len(told) != 1 || string(told[0].Key) != test.key || told[0].Position.Change != 0x1020 {
				t.Errorf("told of %+v, want one row with key %q at change 0/1020", told, test.key)
			}
			r.want("pg/public/t",
				`{"type":"t","key":"1","value":{"id":"1","v":"x"},"headers":{"operation":"insert"}}`,
				`{"type":"t","key":"3","value":{"id":"3","v":"x"},"headers":{"operation":"insert"}}`)
			if dead := visible(t, r.engine, "pg/_dead"); !strings.Contains(dead, test.problem) {
				t.Errorf("dead letter: got %q, want it to tell of %q", dead, test.problem)
			}

			r = newRig(t, o)
			r.do(test.m)
			names, err := r.engine.Owned("sync:t", "", "", 10)
			if err != nil || len(names) != 1 {
				t.Errorf("streams after a bad row alone: got %q, %v, want that of dead letters", names, err)
			}
		})
	}
}

// TestStoreFails: what the store cannot tell is not the row's fault.
func TestStoreFails(t *testing.T) {
	table := relation(1, "t", pgoutput.IdentityDefault, "*id", "v")
	fail := errors.New("no store")
	o := defaults(t)
	o.BadRow = func(assemble.BadRow) error { return nil }
	for name, m := range map[string]*pgoutput.Update{
		"update":     {Relation: table, New: row("1", same)},
		"key change": {Relation: table, OldKind: pgoutput.OldKey, Old: row("1", null), New: row("2", same)},
	} {
		r := newRig(t, o)
		r.settle = func() error { return fail }
		r.open(0)
		if err := r.send(r.tx(m)); !errors.Is(err, fail) {
			t.Errorf("%s: got error %v, want %v", name, err, fail)
		}
	}
}
