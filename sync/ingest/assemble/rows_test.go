package assemble_test

import (
	"slices"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// TestRows: what one change becomes under each replica identity.
func TestRows(t *testing.T) {
	byDefault := relation(1, "t", pgoutput.IdentityDefault, "*id", "v")
	byIndex := relation(1, "t", pgoutput.IdentityIndex, "id", "*v")
	full := relation(1, "t", pgoutput.IdentityFull, "id", "v")
	twoKeys := relation(1, "t", pgoutput.IdentityDefault, "*a", "*b", "v")
	for _, test := range []struct {
		name string
		m    pgoutput.Message
		want []string
	}{
		{"insert", &pgoutput.Insert{Relation: byDefault, New: row("1", "x")},
			[]string{`{"type":"t","key":"1","value":{"id":"1","v":"x"},"headers":{"operation":"insert"}}`}},
		{"insert with NULL", &pgoutput.Insert{Relation: byDefault, New: row("1", null)},
			[]string{`{"type":"t","key":"1","value":{"id":"1","v":null},"headers":{"operation":"insert"}}`}},
		{"insert, key of an index", &pgoutput.Insert{Relation: byIndex, New: row("1", "x")},
			[]string{`{"type":"t","key":"x","value":{"id":"1","v":"x"},"headers":{"operation":"insert"}}`}},
		{"insert, composite key", &pgoutput.Insert{Relation: twoKeys, New: row("a,b", "c/d", "x")},
			[]string{`{"type":"t","key":"a%2Cb,c%2Fd","value":{"a":"a,b","b":"c/d","v":"x"},"headers":{"operation":"insert"}}`}},
		{"update", &pgoutput.Update{Relation: byDefault, New: row("1", "y")},
			[]string{`{"type":"t","key":"1","value":{"id":"1","v":"y"},"headers":{"operation":"update"}}`}},
		{"update of a full identity", &pgoutput.Update{Relation: full, OldKind: pgoutput.OldRow, Old: row("1", "x"), New: row("1", "y")},
			[]string{`{"type":"t","key":"1","value":{"id":"1","v":"y"},"headers":{"operation":"update"}}`}},
		{"key sent though it stays", &pgoutput.Update{Relation: byDefault, OldKind: pgoutput.OldKey, Old: row("1", null), New: row("1", "y")},
			[]string{`{"type":"t","key":"1","value":{"id":"1","v":"y"},"headers":{"operation":"update"}}`}},
		{"update of the key", &pgoutput.Update{Relation: byDefault, OldKind: pgoutput.OldKey, Old: row("1", null), New: row("2", "y")},
			[]string{
				`{"type":"t","key":"1","headers":{"operation":"delete"}}`,
				`{"type":"t","key":"2","value":{"id":"2","v":"y"},"headers":{"operation":"insert"}}`,
			}},
		{"update of a composite key", &pgoutput.Update{Relation: twoKeys, OldKind: pgoutput.OldKey, Old: row("1", "2", null), New: row("1", "3", "y")},
			[]string{
				`{"type":"t","key":"1,2","headers":{"operation":"delete"}}`,
				`{"type":"t","key":"1,3","value":{"a":"1","b":"3","v":"y"},"headers":{"operation":"insert"}}`,
			}},
		{"update of the key of a full identity", &pgoutput.Update{Relation: full, OldKind: pgoutput.OldRow, Old: row("1", "x"), New: row("2", "x")},
			[]string{
				`{"type":"t","key":"1","headers":{"operation":"delete"}}`,
				`{"type":"t","key":"2","value":{"id":"2","v":"x"},"headers":{"operation":"insert"}}`,
			}},
		{"delete", &pgoutput.Delete{Relation: byDefault, OldKind: pgoutput.OldKey, Old: row("1", null)},
			[]string{`{"type":"t","key":"1","headers":{"operation":"delete"}}`}},
		{"delete by an index", &pgoutput.Delete{Relation: byIndex, OldKind: pgoutput.OldKey, Old: row(null, "x")},
			[]string{`{"type":"t","key":"x","headers":{"operation":"delete"}}`}},
		{"delete of a full identity", &pgoutput.Delete{Relation: full, OldKind: pgoutput.OldRow, Old: row("1", "x")},
			[]string{`{"type":"t","key":"1","headers":{"operation":"delete"}}`}},
		{"not selected", &pgoutput.Insert{Relation: &pgoutput.Relation{ID: 9, Schema: "other", Name: "t", Identity: 'd', Columns: byDefault.Columns}, New: row("1", "x")}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, defaults(t))
			r.do(test.m)
			r.want("pg/public/t", test.want...)
		})
	}
}

// TestNoKey: a table whose rows nothing tells apart ends the session.
func TestNoKey(t *testing.T) {
	r := newRig(t, defaults(t))
	m := &pgoutput.Insert{Relation: relation(1, "t", pgoutput.IdentityNothing, "id"), New: row("1")}
	wantError(t, r.send(r.tx(m)), "key of public.t: the table has no primary key and no replica identity to make keys of")
}

// TestOldValue: with OldValue the row before comes along where all of it was sent.
func TestOldValue(t *testing.T) {
	o := defaults(t)
	o.OldValue = true
	full := relation(1, "full", pgoutput.IdentityFull, "id", "v")
	keyed := relation(2, "keyed", pgoutput.IdentityDefault, "*id", "v")
	r := newRig(t, o)
	r.do(
		&pgoutput.Update{Relation: full, OldKind: pgoutput.OldRow, Old: row("1", null), New: row("1", "y")},
		&pgoutput.Delete{Relation: full, OldKind: pgoutput.OldRow, Old: row("1", "y")},
		&pgoutput.Delete{Relation: keyed, OldKind: pgoutput.OldKey, Old: row("1", null)},
	)
	r.want("pg/public/full",
		`{"type":"full","key":"1","value":{"id":"1","v":"y"},"old_value":{"id":"1","v":null},"headers":{"operation":"update"}}`,
		`{"type":"full","key":"1","old_value":{"id":"1","v":"y"},"headers":{"operation":"delete"}}`)
	r.want("pg/public/keyed", `{"type":"keyed","key":"1","headers":{"operation":"delete"}}`)
}

// TestStreamsOfRows: rows go by what they hold, and move when that changes.
func TestStreamsOfRows(t *testing.T) {
	users := relation(1, "users", pgoutput.IdentityFull, "id", "team")
	r := newRig(t, defaults(t, "table: public.users, template: 'teams/{column:team}'"))
	r.do(
		&pgoutput.Insert{Relation: users, New: row("1", "a/b")},
		&pgoutput.Insert{Relation: users, New: row("2", null)},
		&pgoutput.Update{Relation: users, OldKind: pgoutput.OldRow, Old: row("1", "a/b"), New: row("1", "c")},
		&pgoutput.Delete{Relation: users, OldKind: pgoutput.OldRow, Old: row("2", null)},
	)
	r.want("teams/a%2Fb",
		`{"type":"users","key":"1","value":{"id":"1","team":"a/b"},"headers":{"operation":"insert"}}`,
		`{"type":"users","key":"1","headers":{"operation":"delete"}}`)
	r.want("teams/c", `{"type":"users","key":"1","value":{"id":"1","team":"c"},"headers":{"operation":"insert"}}`)
	r.want("teams/%25null",
		`{"type":"users","key":"2","value":{"id":"2","team":null},"headers":{"operation":"insert"}}`,
		`{"type":"users","key":"2","headers":{"operation":"delete"}}`)
}

// TestHeaders has the headers as they are stored, strict and extended.
func TestHeaders(t *testing.T) {
	table := relation(1, "t", pgoutput.IdentityDefault, "*id")
	const strict = `"txid":"7","timestamp":"2026-01-02T03:04:05.000006Z"`
	for _, test := range []struct {
		extended bool
		want     string
	}{
		{false, `{"type":"t","key":"1","headers":{"operation":"delete",` + strict + `}},` +
			`{"type":"t","key":"2","value":{"id":"2"},"headers":{"operation":"insert",` + strict + `}},` +
			`{"headers":{"control":"reset",` + strict + `}},`},
		{true, `{"type":"t","key":"1","headers":{"operation":"delete",` + strict + `,"lsn":"0000000000001030-0000000000001010-00000000"}},` +
			`{"type":"t","key":"2","value":{"id":"2"},"headers":{"operation":"insert",` + strict + `,"lsn":"0000000000001030-0000000000001010-00000001"}},` +
			`{"headers":{"control":"reset",` + strict + `,"lsn":"0000000000001030-0000000000001020-00000000","last":true}},`},
	} {
		o := defaults(t)
		o.Extended = test.extended
		r := newRig(t, o)
		r.do(
			&pgoutput.Update{Relation: table, OldKind: pgoutput.OldKey, Old: row("1"), New: row("2")},
			&pgoutput.Truncate{Relations: []*pgoutput.Relation{table}},
		)
		if got := visible(t, r.engine, "pg/public/t"); got != test.want {
			t.Errorf("extended %v: got\n%s\nwant\n%s", test.extended, got, test.want)
		}
	}
}

// TestSharedLSN: rows that were inserted at once have one LSN, and places of their own.
func TestSharedLSN(t *testing.T) {
	o := defaults(t)
	o.Extended = true
	r := newRig(t, o)
	x := r.tx(inserted(alone, "1"), inserted(alone, "2"), inserted(alone, "3"))
	x.changes[1].at = x.changes[0].at
	for range 2 {
		r.open(0)
		if err := r.send(x); err != nil {
			t.Fatal(err)
		}
		r.flush()
	}
	var got []string
	for _, line := range split(visible(t, r.engine, "pg/public/alone")) {
		got = append(got, position.FindStringSubmatch(line)[1])
	}
	want := []string{
		"0000000000001040-0000000000001010-00000000", "0000000000001040-0000000000001010-00000002",
		"0000000000001040-0000000000001030-00000000",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got positions %q, want %q", got, want)
	}
}

// TestCounts: each change is counted once, as what it was.
func TestCounts(t *testing.T) {
	table := relation(1, "t", pgoutput.IdentityDefault, "*id")
	r := newRig(t, defaults(t))
	x := r.tx(
		&pgoutput.Insert{Relation: table, New: row("1")},
		&pgoutput.Update{Relation: table, New: row("1")},
		&pgoutput.Delete{Relation: table, OldKind: pgoutput.OldKey, Old: row("1")},
		&pgoutput.Truncate{Relations: []*pgoutput.Relation{table}},
		&pgoutput.Logical{Transactional: true, Prefix: []byte("ds:m"), Content: []byte("1")},
		&pgoutput.Logical{Transactional: true, Prefix: []byte("other"), Content: []byte("1")},
	)
	for range 2 {
		if err := r.send(x); err != nil {
			t.Fatal(err)
		}
	}
	want := assemble.Counts{Inserts: 2, Updates: 2, Deletes: 2, Truncates: 2, Messages: 2, Transactions: 2, Duplicates: 5, Ignored: 2}
	if got := r.a.Counts(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
