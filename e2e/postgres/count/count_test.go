package count_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/count"
	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/oracle"
)

func row(pairs ...string) oracle.Row {
	var r oracle.Row
	for i := 0; i < len(pairs); i += 2 {
		r = append(r, oracle.Column{Name: pairs[i], Text: pairs[i+1]})
	}
	return r
}

var (
	public = func(name string) oracle.Table { return oracle.Table{Schema: "public", Name: name} }
	a, b   = []oracle.Table{public("a")}, []oracle.Table{public("b")}
)

func byOwner(r oracle.Row) string {
	owner, _ := r.Get("owner")
	return "of/" + owner.Text
}

var tables = map[oracle.Table]count.Table{
	public("a"): count.OneStream("a", "id"),
	public("b"): {Key: []string{"id"}, Stream: byOwner, Truncated: func() []string { return []string{"of/1", "of/2"} }},
}

func TestExpect(t *testing.T) {
	toast := oracle.Row{{Name: "id", Unchanged: true}}
	for name, c := range map[string]struct {
		change oracle.Change
		want   []string // stream and what
	}{
		"insert":      {oracle.Change{Kind: oracle.Insert, Tables: a, New: row("id", "1")}, []string{"a insert"}},
		"update":      {oracle.Change{Kind: oracle.Update, Tables: a, New: row("id", "1")}, []string{"a update"}},
		"update full": {oracle.Change{Kind: oracle.Update, Tables: a, Old: row("id", "1"), New: row("id", "1")}, []string{"a update"}},
		"key change": {
			oracle.Change{Kind: oracle.Update, Tables: a, Old: row("id", "1"), New: row("id", "2")},
			[]string{"a delete", "a insert"},
		},
		"key out of line": {
			oracle.Change{Kind: oracle.Update, Tables: a, Old: row("id", "1"), New: toast}, []string{"a update"},
		},
		"delete":  {oracle.Change{Kind: oracle.Delete, Tables: a, Old: row("id", "1")}, []string{"a delete"}},
		"unknown": {oracle.Change{Kind: oracle.Insert, Tables: []oracle.Table{public("z")}, New: row("id", "1")}, nil},
		"message": {oracle.Change{Kind: oracle.Message}, nil},
		"truncate": {
			oracle.Change{Kind: oracle.Truncate, Tables: []oracle.Table{public("b"), public("z"), public("a")}},
			[]string{"a reset", "of/1 reset", "of/2 reset"},
		},
		"route change": {
			oracle.Change{Kind: oracle.Update, Tables: b, Old: row("id", "1", "owner", "1"), New: row("id", "1", "owner", "2")},
			[]string{"of/1 delete", "of/2 insert"},
		},
		"key change, owner not logged": {
			oracle.Change{Kind: oracle.Update, Tables: b, Old: row("id", "1"), New: row("id", "2", "owner", "2")},
			[]string{"of/2 delete", "of/2 insert"},
		},
	} {
		c.change.LSN = 77
		committed := []oracle.Transaction{{XID: 5, Changes: []oracle.Change{c.change}}}
		var got []string
		for stream, wants := range count.Expect(committed, tables) {
			for _, w := range wants {
				got = append(got, stream+" "+w.What)
				if w.TxID != "5" || w.Change != 77 {
					t.Errorf("%s: got %+v, want transaction 5 and change 77", name, w)
				}
			}
		}
		slices.Sort(got)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// live returns an event of a transaction, and what the oracle has to say of it.
func live(what string, commit, change, sub int, last bool) (event.Event, count.Want) {
	e := event.Event{Type: "a", Key: "1", Headers: event.Headers{
		Operation: what, TxID: fmt.Sprint(commit), Last: last,
		Position: event.Position(fmt.Sprintf("%016x-%016x-%08x", commit, change, sub)),
	}}
	return e, count.Want{TxID: fmt.Sprint(commit), Change: uint64(change), What: what}
}

// sample is a good stream: three transactions, the second of two events at one
// change.
func sample() (events []event.Event, want []count.Want) {
	add := func(e event.Event, w count.Want) { events, want = append(events, e), append(want, w) }
	add(live(event.Insert, 10, 9, 0, true))
	add(live(event.Delete, 20, 8, 0, false))
	add(live(event.Insert, 20, 8, 1, true))
	add(live(event.Update, 30, 29, 0, true))
	copied := event.Event{Headers: event.Headers{Operation: event.Insert, TxID: "1", Snapshot: true}}
	control := event.Event{Headers: event.Headers{Control: event.SnapshotEnd}}
	return append([]event.Event{copied, control}, events...), want
}

func TestCheckPasses(t *testing.T) {
	events, want := sample()
	if err := count.Check("a", events, want); err != nil {
		t.Errorf("got %v, want no finding", err)
	}
}

func TestCheckFinds(t *testing.T) {
	for name, c := range map[string]struct {
		corrupt func([]event.Event) []event.Event
		want    string
	}{
		"lost first":   {func(e []event.Event) []event.Event { return slices.Delete(e, 2, 3) }, "want insert of transaction 10"},
		"lost at end":  {func(e []event.Event) []event.Event { return e[:5] }, "got the end of the stream, want update"},
		"doubled":      {func(e []event.Event) []event.Event { return slices.Insert(e, 3, e[2]) }, "got the position of the event before it"},
		"one too many": {func(e []event.Event) []event.Event { return append(e, e[5]) }, "want the end of the stream"},
		"swapped":      {func(e []event.Event) []event.Event { e[3], e[4] = e[4], e[3]; return e }, "got a position before that of"},
		"no position":  {func(e []event.Event) []event.Event { e[4].Headers.Position = ""; return e }, "got no position"},
		"last missing": {func(e []event.Event) []event.Event { e[2].Headers.Last = false; return e }, "got last=false, want true"},
		"last early":   {func(e []event.Event) []event.Event { e[3].Headers.Last = true; return e }, "got last=true, want false"},
		"operation":    {func(e []event.Event) []event.Event { e[5].Headers.Operation = event.Insert; return e }, "got 3 events that insert, want 2"},
		"transaction":  {func(e []event.Event) []event.Event { e[5].Headers.TxID = "31"; return e }, "want update of transaction 30"},
	} {
		events, want := sample()
		err := count.Check("a", c.corrupt(events), want)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
}

func TestReportIsShort(t *testing.T) {
	events, want := sample()
	err := count.Check("a", slices.Repeat(events, 20), want)
	if err == nil || strings.Count(err.Error(), "\n") > 12 {
		t.Errorf("got %v, want some ten lines", err)
	}
}
