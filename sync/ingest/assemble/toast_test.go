package assemble_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

var (
	toasted     = relation(1, "t", pgoutput.IdentityDefault, "*id", "n", "v")
	toastedFull = relation(2, "full", pgoutput.IdentityFull, "id", "n", "v")
)

// TestUnchanged: a value that was not sent is the one of the row's last event,
// wherever that is.
func TestUnchanged(t *testing.T) {
	insert := &pgoutput.Insert{Relation: toasted, New: row("1", "a", "long")}
	update := &pgoutput.Update{Relation: toasted, New: row("1", "b", same)}
	rekey := &pgoutput.Update{Relation: toasted, OldKind: pgoutput.OldKey, Old: row("1", null, null), New: row("2", "b", same)}
	inserted := `{"type":"t","key":"1","value":{"id":"1","n":"a","v":"long"},"headers":{"operation":"insert"}}`
	updated := `{"type":"t","key":"1","value":{"id":"1","n":"b","v":"long"},"headers":{"operation":"update"}}`
	rekeyed := []string{
		`{"type":"t","key":"1","headers":{"operation":"delete"}}`,
		`{"type":"t","key":"2","value":{"id":"2","n":"b","v":"long"},"headers":{"operation":"insert"}}`,
	}
	for _, test := range []struct {
		name   string
		txs    [][]pgoutput.Message
		flush  bool // after each transaction
		atomic int
		want   []string
	}{
		{"in one transaction", [][]pgoutput.Message{{insert, update}}, false, 1 << 20, []string{inserted, updated}},
		{"from the buffer", [][]pgoutput.Message{{insert}, {update}}, false, 1 << 20, []string{inserted, updated}},
		{"from what is stored", [][]pgoutput.Message{{insert}, {update}}, true, 1 << 20, []string{inserted, updated}},
		{"from hidden parts", [][]pgoutput.Message{{insert, &pgoutput.Insert{Relation: toasted, New: row("9", "", "")}, update}}, false, 1,
			[]string{inserted, `{"type":"t","key":"9","value":{"id":"9","n":"","v":""},"headers":{"operation":"insert"}}`, updated}},
		{"new key, from the buffer", [][]pgoutput.Message{{insert, rekey}}, false, 1 << 20, append([]string{inserted}, rekeyed...)},
		{"new key, from a buffer that moves", [][]pgoutput.Message{{insert, rekey}}, false, 1, append([]string{inserted}, rekeyed...)},
		{"new key, from what is stored", [][]pgoutput.Message{{insert}, {rekey}}, true, 1 << 20, append([]string{inserted}, rekeyed...)},
		{"twice", [][]pgoutput.Message{{insert}, {update}, {rekey}}, true, 1 << 20, append([]string{inserted, updated}, rekeyed...)},
		{"old row was sent", [][]pgoutput.Message{{&pgoutput.Update{
			Relation: toastedFull, OldKind: pgoutput.OldRow, Old: row("1", "a", "long"), New: row("1", "b", same)}}}, false, 1 << 20, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := defaults(t)
			o.AtomicBytes = test.atomic
			r := newRig(t, o)
			for _, messages := range test.txs {
				if err := r.send(r.tx(messages...)); err != nil {
					t.Fatal(err)
				}
				if test.flush {
					r.flush()
				}
			}
			r.flush()
			r.want("pg/public/t", test.want...)
			if test.want == nil {
				r.want("pg/public/full", strings.Replace(updated, `"t"`, `"full"`, 1))
			}
		})
	}
}

// TestReread: a value that no event tells is that of the table now, or NULL when the
// row is gone. A table is not asked for what a stream has already.
func TestReread(t *testing.T) {
	update := &pgoutput.Update{Relation: toasted, New: row("1", "b", same)}
	for _, test := range []struct {
		now  pgoutput.Tuple
		want string
	}{
		{row("1", "later", "long"), `"long"`},
		{nil, `null`},
	} {
		o := defaults(t)
		o.Catalogue = catalogue{now: test.now}
		r := newRig(t, o)
		x := r.tx(update)
		if err := r.send(x); err != nil {
			t.Fatal(err)
		}
		r.flush()
		want := `{"type":"t","key":"1","value":{"id":"1","n":"b","v":` + test.want + `},"headers":{"operation":"update"}}`
		r.want("pg/public/t", want)

		r.open(0)
		if err := r.send(x); err != nil {
			t.Fatal(err)
		}
		if got := r.a.Counts().Merged; got != 0 {
			t.Errorf("sent again: got %d values looked up, want none", got)
		}
		r.want("pg/public/t", want)
	}
}

// TestRereadIsMarked: extended headers tell of values that are not of their time, and
// of no others.
func TestRereadIsMarked(t *testing.T) {
	o := defaults(t)
	o.Extended, o.Catalogue = true, catalogue{now: row("1", "later", "long")}
	r := newRig(t, o)
	update := &pgoutput.Update{Relation: toasted, New: row("1", "b", same)}
	rekey := &pgoutput.Update{Relation: toasted, OldKind: pgoutput.OldKey, Old: row("9", null, null), New: row("8", "b", same)}
	r.do(update, update, rekey, &pgoutput.Update{Relation: toasted, New: row("8", "c", "new")})
	var got []bool
	for _, line := range split(visible(t, r.engine, "pg/public/t")) {
		got = append(got, strings.Contains(line, `","reread":true`))
	}
	// An update, the same from the stream, the end of a row, its beginning, an update.
	if want := []bool{true, false, false, true, false}; !slices.Equal(got, want) {
		t.Errorf("marked: got %v, want %v", got, want)
	}
}

// TestMergeAfterMark: the mark of a transaction's last event does not mislead who has
// read that event before.
func TestMergeAfterMark(t *testing.T) {
	o := defaults(t)
	o.Extended, o.MaxRowBytes = true, 600
	o.BadRow = func(assemble.BadRow) error { return nil }
	r := newRig(t, o)
	insert := &pgoutput.Insert{Relation: toasted, New: row("1", "a", "long")}
	tooLarge := &pgoutput.Update{Relation: toasted, New: row("1", strings.Repeat("x", 600), same)}
	update := &pgoutput.Update{Relation: toasted, New: row("1", "b", same)}
	for _, x := range []*tx{r.tx(insert, tooLarge), r.tx(update)} {
		if err := r.send(x); err != nil {
			t.Fatal(err)
		}
	}
	r.flush()
	r.want("pg/public/t",
		`{"type":"t","key":"1","value":{"id":"1","n":"a","v":"long"},"headers":{"operation":"insert","lsn":"0000000000001030-0000000000001010-00000000","last":true}}`,
		`{"type":"t","key":"1","value":{"id":"1","n":"b","v":"long"},"headers":{"operation":"update","lsn":"0000000000001060-0000000000001050-00000000","last":true}}`)
}

// TestNewKeyAtCrash: the two events of a new key are stored together, because the
// first one ends what the second may need.
func TestNewKeyAtCrash(t *testing.T) {
	o := defaults(t)
	o.AtomicBytes = 1
	r := newRig(t, o)
	r.do(&pgoutput.Insert{Relation: toasted, New: row("1", "a", "long")})
	x := r.tx(
		&pgoutput.Update{Relation: toasted, OldKind: pgoutput.OldKey, Old: row("1", null, null), New: row("2", "b", same)},
		&pgoutput.Insert{Relation: toasted, New: row("3", "c", "short")},
	)
	frames := r.sender.frames(x, nil)
	if err := handle(r.a, frames[:2]); err != nil { // the update, and no more
		t.Fatal(err)
	}
	r.open(0)
	if err := r.send(x); err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.want("pg/public/t",
		`{"type":"t","key":"1","value":{"id":"1","n":"a","v":"long"},"headers":{"operation":"insert"}}`,
		`{"type":"t","key":"1","headers":{"operation":"delete"}}`,
		`{"type":"t","key":"2","value":{"id":"2","n":"b","v":"long"},"headers":{"operation":"insert"}}`,
		`{"type":"t","key":"3","value":{"id":"3","n":"c","v":"short"},"headers":{"operation":"insert"}}`)
}

// TestToastPolicies: the last event is not asked where the table is to be, and nothing
// is where only the old row counts.
func TestToastPolicies(t *testing.T) {
	insert := &pgoutput.Insert{Relation: toasted, New: row("1", "a", "long")}
	update := &pgoutput.Update{Relation: toasted, New: row("1", "b", same)}
	for _, test := range []struct {
		policy assemble.ToastPolicy
		value  string
		err    error
	}{
		{assemble.ToastMerge, "long", nil},
		{assemble.ToastReread, "of now", nil},
		{assemble.ToastRequireFull, "", assemble.ErrNotFull},
	} {
		t.Run(string(test.policy), func(t *testing.T) {
			o := defaults(t)
			o.Toast, o.Catalogue = test.policy, catalogue{now: row("1", "of now", "of now")}
			r := newRig(t, o)
			if err := r.send(r.tx(insert, update)); !errors.Is(err, test.err) {
				t.Fatalf("got %v, want %v", err, test.err)
			}
			if test.err != nil {
				return
			}
			r.flush()
			r.want("pg/public/t",
				`{"type":"t","key":"1","value":{"id":"1","n":"a","v":"long"},"headers":{"operation":"insert"}}`,
				`{"type":"t","key":"1","value":{"id":"1","n":"b","v":"`+test.value+`"},"headers":{"operation":"update"}}`)
		})
	}
}

// TestOldStreamIsAhead: a crash has left the stream that a row has moved out of behind
// what the row's new one lacks. What it says of the row now is of later, and does not
// count for the move.
func TestOldStreamIsAhead(t *testing.T) {
	o := defaults(t, "table: public.moved, template: 'rooms/{column:room}'")
	o.Extended, o.Catalogue = true, catalogue{now: row("1", "x", "of now")}
	r := newRig(t, o)
	moved := relation(3, "moved", pgoutput.IdentityIndex, "*id", "*room", "v")
	log := []*tx{
		r.tx(&pgoutput.Insert{Relation: moved, New: row("1", "x", "long")}),
		r.tx(&pgoutput.Update{Relation: moved, OldKind: pgoutput.OldKey, Old: row("1", "x", null), New: row("1", "y", same)}),
		r.tx(&pgoutput.Update{Relation: moved, OldKind: pgoutput.OldKey, Old: row("1", "y", null), New: row("1", "x", "later")}),
	}
	send := func() string {
		for _, x := range log {
			if err := r.send(x); err != nil {
				t.Fatal(err)
			}
			r.flush()
		}
		return split(visible(t, r.engine, "rooms/y"))[0]
	}
	if got := send(); !strings.Contains(got, `"v":"long"`) || strings.Contains(got, "reread") {
		t.Fatalf("at first: got %s, want the value of before", got)
	}
	if err := r.sink.Delete(t.Context(), "rooms/y"); err != nil {
		t.Fatal(err)
	}
	r.open(0)
	if got := send(); !strings.Contains(got, `"v":"of now"`) || !strings.Contains(got, `"reread":true`) {
		t.Errorf("after the crash: got %s, want the value of now, marked", got)
	}
}
