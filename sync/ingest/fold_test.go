package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/weirstreams/weir/sync/ingest/watch"
)

// rows are those of a table, by key.
type rows map[string]map[string]any

// said is what the events of a stream add up to.
type said struct {
	rows rows
	// open counts the copies that have begun and not ended.
	open int
}

// fold adds up the events of a stream.
func (r *rig) fold(stream string) said {
	r.t.Helper()
	var all []struct {
		Key     string
		Value   map[string]any
		Headers struct{ Operation, Control string }
	}
	text := "[" + strings.TrimSuffix(r.contents(stream), ",") + "]"
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		r.t.Fatalf("read %s: %v", stream, err)
	}
	s := said{rows: make(rows)}
	for _, e := range all {
		switch {
		case e.Headers.Control == "reset":
			clear(s.rows)
			s.open = 0 // what was copied before goes too
		case e.Headers.Control == "snapshot-start":
			s.open++
		case e.Headers.Control == "snapshot-end":
			s.open--
		case e.Headers.Operation == "delete":
			delete(s.rows, e.Key)
		default:
			s.rows[e.Key] = e.Value
		}
	}
	return s
}

// selected are the rows of a query, whose first column is the key as text, and whose
// second one is the row as JSON.
func (r *rig) selected(query string) rows {
	r.t.Helper()
	conn := r.server.Conn(r.t, r.db)
	defer conn.Close(context.Background())
	result, err := conn.Query(context.Background(), query)
	if err != nil {
		r.t.Fatal(err)
	}
	all := make(rows)
	for result.Next() {
		var key, text string
		if err := result.Scan(&key, &text); err != nil {
			r.t.Fatal(err)
		}
		var row map[string]any
		if err := json.Unmarshal([]byte(text), &row); err != nil {
			r.t.Fatal(err)
		}
		all[key] = row
	}
	if err := result.Err(); err != nil {
		r.t.Fatal(err)
	}
	return all
}

// difference tells one of two sets of rows from the other, "" if there is none. A
// member that is missing in an event is null: nobody has said anything of the column.
func difference(got, want rows) string {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		row, there := got[key]
		if !there {
			return fmt.Sprintf("the stream lacks %q", key)
		}
		for name := range row {
			if _, there := want[key][name]; !there {
				return fmt.Sprintf("%q has a member %s, the row has not", key, name)
			}
		}
		for name, value := range want[key] {
			if !reflect.DeepEqual(row[name], value) {
				return fmt.Sprintf("%q: got %s = %v, want %v", key, name, row[name], value)
			}
		}
	}
	for key := range got {
		if _, there := want[key]; !there {
			return fmt.Sprintf("the stream has %q, the table has not", key)
		}
	}
	return ""
}

// settles waits until a table's stream adds up to the table, and no copy is under way.
func (r *rig) settles(table, key string) {
	r.t.Helper()
	r.settlesAs("pg/public/"+table, fmt.Sprintf("SELECT (%s)::text, to_jsonb(t)::text FROM %s t", key, table))
}

func (r *rig) settlesAs(stream, query string) {
	r.t.Helper()
	var last string
	defer func() {
		if r.t.Failed() {
			r.t.Logf("%s: %s\n%s", stream, last, r.contents(stream))
		}
	}()
	want := r.selected(query)
	r.wait(stream+" to be as the table is", func() bool {
		s := r.fold(stream)
		last = difference(s.rows, want)
		if s.open != 0 {
			last = fmt.Sprintf("%d copies under way", s.open)
		}
		return last == ""
	})
}

// noticed waits until the watcher has told of a change, and done what it does.
func (r *rig) noticed(what string) {
	r.t.Helper()
	r.wait("the change: "+what, func() bool {
		return slices.ContainsFunc(r.pipeline.Status().Changes, func(c watch.Change) bool { return strings.Contains(c.What, what) })
	})
}
