package postgres_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

var update = flag.Bool("update", false, "write what the streams hold into testdata")

// typesFile has a line for each value: its type, what it is in SQL, and what it is in
// an event, with tabs between them.
const typesFile = "testdata/types.txt"

type typedValue struct{ typ, sql, json string }

func typedValues(t *testing.T) (all []typedValue) {
	t.Helper()
	text, err := os.ReadFile(typesFile)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			t.Fatalf("%s: got %d fields in %q, want 3", typesFile, len(fields), line)
		}
		all = append(all, typedValue{fields[0], fields[1], fields[2]})
	}
	return all
}

// hostileDefaults are what an administrator may have set for reasons of their own.
// Each changes how some type is written.
var hostileDefaults = []string{
	`alter %[1]s set datestyle = 'German, DMY'`,
	`alter %[1]s set intervalstyle = 'sql_standard'`,
	`alter %[1]s set bytea_output = 'escape'`,
	`alter %[1]s set timezone = 'Asia/Kathmandu'`,
	`alter %[1]s set extra_float_digits = -10`,
	`alter %[1]s set lc_monetary = 'C.UTF-8'`,
	`alter %[1]s set search_path = public, pg_catalog`,
}

// T20: every type, with the values at its ends, in a row that was copied, one that was
// inserted, and one that was updated: the same bytes, whatever the defaults are.
func TestTypes(t *testing.T) {
	values := typedValues(t)
	var columns, row []string
	for i, v := range values {
		columns = append(columns, fmt.Sprintf("c%d %s", i, v.typ))
		row = append(row, v.sql)
	}
	sql := []string{
		`create extension hstore`, `create extension citext`,
		`create type mood as enum ('happy', 'so "so"')`, `create domain price as numeric(10, 2)`,
		`create domain tags as text[]`, `create type pair as (n int, s text, tags text[])`,
		`create table every (id int primary key, ` + strings.Join(columns, ", ") + `)`,
		`insert into every values (1, ` + strings.Join(row, ", ") + `)`,
	}
	for _, whom := range []string{"database postgres", "role postgres"} {
		for _, set := range hostileDefaults {
			sql = append(sql, fmt.Sprintf(set, whom))
		}
	}
	l := newLab(t, setup{SQL: sql})
	l.exec(
		`create temp table copy as select * from every; update copy set id = 2; insert into every select * from copy`,
		`update every set c0 = not c0 where id = 1`, `update every set c0 = not c0 where id = 1`,
	)
	l.quiesce()
	events, err := l.read(streamOf("every"))
	l.must(err)
	copied, inserted, updated := valueOf(t, events, "1", event.Insert), valueOf(t, events, "2", event.Insert), valueOf(t, events, "1", event.Update)
	if !bytes.Equal(inserted, copied) {
		t.Errorf("the streamed row: got %s, want it as it was copied: %s", inserted, copied)
	}
	if !bytes.Equal(updated, copied) {
		t.Errorf("the updated row: got %s, want it as it was copied: %s", updated, copied)
	}
	var got map[string]json.RawMessage
	l.must(json.Unmarshal(copied, &got))
	var written strings.Builder
	for i, v := range values {
		found := string(got[fmt.Sprintf("c%d", i)])
		if found != v.json && !*update {
			t.Errorf("%s %s: got %s, want %s", v.typ, v.sql, found, v.json)
		}
		fmt.Fprintf(&written, "%s\t%s\t%s\n", v.typ, v.sql, found)
	}
	if *update {
		l.must(os.WriteFile(typesFile, []byte(written.String()), 0o644))
	}
}

// valueOf returns the value of the last such event of a key, without the key itself.
func valueOf(t *testing.T, events []event.Event, key, operation string) (value []byte) {
	t.Helper()
	for _, e := range events {
		if e.Key == key && e.Headers.Operation == operation {
			value = e.Value
		}
	}
	rest, found := bytes.CutPrefix(value, []byte(`{"id":`+key+`,`))
	if !found {
		t.Fatalf("%s of %q: got the value %.100s, want one that begins with the key", operation, key, value)
	}
	return append([]byte("{"), rest...)
}
