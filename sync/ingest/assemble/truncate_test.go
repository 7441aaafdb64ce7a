package assemble_test

import (
	"errors"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/route"
)

var (
	alone  = relation(1, "alone", pgoutput.IdentityDefault, "*id")
	red    = relation(2, "red", pgoutput.IdentityDefault, "*id")
	blue   = relation(3, "blue", pgoutput.IdentityDefault, "*id")
	by     = relation(4, "by", pgoutput.IdentityFull, "id", "room")
	others = relation(5, "others", pgoutput.IdentityFull, "id", "room")

	truncateRoutes = []string{
		"table: public.red, template: shared", "table: public.blue, template: shared",
		"table: public.by, template: 'rooms/{column:room}/{schema}/{table}'",
		"table: public.others, template: 'rooms/{column:room}/{schema}/{table}'",
	}
)

func inserted(table *pgoutput.Relation, values ...string) pgoutput.Message {
	return &pgoutput.Insert{Relation: table, New: row(values...)}
}

func truncated(tables ...*pgoutput.Relation) pgoutput.Message {
	return &pgoutput.Truncate{Relations: tables}
}

// Events in short: of the tables above, without their transactions.
func put(typ, key string) string {
	return `{"type":"` + typ + `","key":"` + key + `","value":{"id":"` + key + `"},"headers":{"operation":"insert"}}`
}

func gone(typ, key string) string {
	return `{"type":"` + typ + `","key":"` + key + `","headers":{"operation":"delete"}}`
}

const reset = `{"headers":{"control":"reset"}}`

// TestTruncate: what one TRUNCATE of three tables becomes under each policy.
func TestTruncate(t *testing.T) {
	for _, test := range []struct {
		policy        assemble.TruncatePolicy
		alone, shared []string
	}{
		{assemble.TruncateAuto, []string{reset}, []string{gone("red", "1"), gone("red", "4"), gone("blue", "1")}},
		{assemble.TruncateDeletes, []string{gone("alone", "1"), gone("alone", "3")}, []string{gone("red", "1"), gone("red", "4"), gone("blue", "1")}},
		{assemble.TruncateReset, []string{reset}, []string{reset}},
		{assemble.TruncateIgnore, nil, nil},
	} {
		t.Run(string(test.policy), func(t *testing.T) {
			o := defaults(t, truncateRoutes...)
			o.Truncate = test.policy
			r := newRig(t, o)
			r.do(inserted(alone, "1"), inserted(alone, "2"), inserted(red, "1"), inserted(blue, "1"))
			r.do(&pgoutput.Delete{Relation: alone, OldKind: pgoutput.OldKey, Old: row("2")}, inserted(alone, "3"), inserted(red, "4"),
				truncated(red, alone, blue))
			r.want("pg/public/alone", append([]string{put("alone", "1"), put("alone", "2"), gone("alone", "2"), put("alone", "3")}, test.alone...)...)
			r.want("shared", append([]string{put("red", "1"), put("blue", "1"), put("red", "4")}, test.shared...)...)
		})
	}
}

// TestTruncateStop: the session ends at a TRUNCATE.
func TestTruncateStop(t *testing.T) {
	o := defaults(t)
	o.Truncate = assemble.TruncateStop
	r := newRig(t, o)
	if err := r.send(r.tx(truncated(alone))); !errors.Is(err, assemble.ErrTruncated) {
		t.Errorf("got error %v, want %v", err, assemble.ErrTruncated)
	}
}

// TestTruncateOfRows: rows with streams of their own leave all of these, those that are
// not stored yet included, and the streams of other tables stay as they are.
func TestTruncateOfRows(t *testing.T) {
	line := func(typ, room string) string {
		return `{"type":"` + typ + `","key":"1","value":{"id":"1","room":"` + room + `"},"headers":{"operation":"insert"}}`
	}
	for policy, end := range map[assemble.TruncatePolicy]string{
		assemble.TruncateAuto: gone("by", "1"), assemble.TruncateDeletes: gone("by", "1"), assemble.TruncateReset: reset,
	} {
		t.Run(string(policy), func(t *testing.T) {
			o := defaults(t, truncateRoutes...)
			o.Truncate = policy
			r := newRig(t, o)
			r.do(inserted(by, "1", "stored"), inserted(others, "1", "stored"))
			r.do(inserted(by, "1", "fresh"), inserted(others, "1", "fresh"), truncated(by))
			for _, room := range []string{"stored", "fresh"} {
				r.want("rooms/"+room+"/public/by", line("by", room), end)
				r.want("rooms/"+room+"/public/others", line("others", room))
			}
		})
	}
}

// TestTruncateBetweenNamesakes: tables of one type have their streams beside each
// other, and one of them is emptied.
func TestTruncateBetweenNamesakes(t *testing.T) {
	o := defaults(t)
	o.Selected = func(string, string) bool { return true }
	template, err := route.ParseTemplate("rooms/{column:room}/{schema}/{table}")
	if err != nil {
		t.Fatal(err)
	}
	o.Event.Stream = template
	archived := relation(6, "by", pgoutput.IdentityFull, "id", "room")
	archived.Schema = "archive"
	line := `{"type":"by","key":"1","value":{"id":"1","room":"x"},"headers":{"operation":"insert"}}`
	for _, stored := range []bool{true, false} {
		r := newRig(t, o)
		all := []pgoutput.Message{inserted(by, "1", "x"), inserted(archived, "1", "x")}
		if stored {
			r.do(all...)
			all = nil
		}
		r.do(append(all, truncated(by))...)
		r.want("rooms/x/public/by", line, gone("by", "1"))
		r.want("rooms/x/archive/by", line)
	}
}

// TestTruncateAtCrash: deletes of which a part was stored go on behind it.
func TestTruncateAtCrash(t *testing.T) {
	o := defaults(t, truncateRoutes...)
	o.AtomicBytes = 1
	r := newRig(t, o)
	r.do(inserted(red, "1"), inserted(red, "2"), inserted(red, "3"), inserted(blue, "1"))
	before := []string{put("red", "1"), put("red", "2"), put("red", "3"), put("blue", "1")}
	x := r.tx(truncated(red, blue))
	frames := r.sender.frames(x, nil)
	if err := handle(r.a, frames[:len(frames)-1]); err != nil {
		t.Fatal(err)
	}
	r.want("shared", before...)
	if st, err := r.sink.State(t.Context(), "shared"); err != nil || !st.Hidden {
		t.Fatalf("state: got %+v, %v, want hidden deletes", st, err)
	}
	for range 2 {
		r.open(0)
		if err := r.send(x); err != nil {
			t.Fatal(err)
		}
		r.flush()
		r.want("shared", append(before, gone("red", "1"), gone("red", "2"), gone("red", "3"), gone("blue", "1"))...)
	}
}

// TestTruncateOfMoreTables: a table that the session before was not sent does not move
// what is said of the others.
func TestTruncateOfMoreTables(t *testing.T) {
	r := newRig(t, defaults(t))
	r.do(inserted(alone, "1"))
	x := r.tx(truncated(alone))
	if err := r.send(x); err != nil {
		t.Fatal(err)
	}
	r.flush()
	x.changes[0].m = truncated(red, alone)
	r.open(0)
	if err := r.send(x); err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.want("pg/public/alone", put("alone", "1"), reset)
	r.want("pg/public/red", reset)
}

// TestTruncateAfterReset: behind a reset there is nothing left to empty, even if what
// is stored has rows.
func TestTruncateAfterReset(t *testing.T) {
	o := defaults(t, truncateRoutes...)
	o.Truncate = assemble.TruncateReset
	r := newRig(t, o)
	r.do(inserted(others, "1", "a"))
	r.do(truncated(others), truncated(others))
	r.want("rooms/a/public/others", `{"type":"others","key":"1","value":{"id":"1","room":"a"},"headers":{"operation":"insert"}}`, reset)
}

// TestTruncateOfJoined: a table whose own template names it is not alone in its stream
// if another one is sent there, and that one's rows stay.
func TestTruncateOfJoined(t *testing.T) {
	r := newRig(t, defaults(t, "table: public.red, template: pg/public/alone"))
	r.do(inserted(alone, "1"), inserted(red, "1"))
	r.do(truncated(alone))
	r.want("pg/public/alone", put("alone", "1"), put("red", "1"), gone("alone", "1"))
}
