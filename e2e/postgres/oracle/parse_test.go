package oracle_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/oracle"
)

var (
	id1    = oracle.Column{Name: "id", Type: "integer", Text: "1"}
	id2    = oracle.Column{Name: "id", Type: "integer", Text: "2"}
	tableA = []oracle.Table{{Schema: "public", Name: "a"}}
)

// lines holds what test_decoding writes, and the change in it.
var lines = map[string]oracle.Change{
	`table public.a: INSERT: id[integer]:1 note[text]:'it''s = "x" '`: {
		Kind: oracle.Insert, Tables: tableA,
		New: oracle.Row{id1, {Name: "note", Type: "text", Text: `it's = "x" `}},
	},
	"table public.a: INSERT: id[integer]:1 note[text]:'two\nlines new-tuple: x[y]:1'": {
		Kind: oracle.Insert, Tables: tableA,
		New: oracle.Row{id1, {Name: "note", Type: "text", Text: "two\nlines new-tuple: x[y]:1"}},
	},
	`table public.a: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 b[bytea]:unchanged-toast-datum`: {
		Kind: oracle.Update, Tables: tableA, Old: oracle.Row{id1},
		New: oracle.Row{id2, {Name: "b", Type: "bytea", Unchanged: true}},
	},
	`table public.a: UPDATE: id[integer]:2 ok[boolean]:true n[numeric]:-1.50 v[text]:null w[text]:'null'`: {
		Kind: oracle.Update, Tables: tableA,
		New: oracle.Row{
			id2, {Name: "ok", Type: "boolean", Text: "true"}, {Name: "n", Type: "numeric", Text: "-1.50"},
			{Name: "v", Type: "text", Null: true}, {Name: "w", Type: "text", Text: "null"},
		},
	},
	`table public.a: DELETE: id[integer]:1`:   {Kind: oracle.Delete, Tables: tableA, Old: oracle.Row{id1}},
	`table public.a: DELETE: (no-tuple-data)`: {Kind: oracle.Delete, Tables: tableA},
	`table "Odd ""x"", y"."a.b: c": INSERT: "a[b"[integer[]]:'{1,2}' c["My ]:type"]:'' d[bit varying]:B'101'`: {
		Kind: oracle.Insert, Tables: []oracle.Table{{Schema: `Odd "x", y`, Name: "a.b: c"}},
		New: oracle.Row{
			{Name: "a[b", Type: "integer[]", Text: "{1,2}"}, {Name: "c", Type: `"My ]:type"`},
			{Name: "d", Type: "bit varying", Text: "101"},
		},
	},
	`table public.a, "S".b: TRUNCATE: restart_seqs cascade`: {
		Kind: oracle.Truncate, Tables: []oracle.Table{{Schema: "public", Name: "a"}, {Schema: "S", Name: "b"}},
	},
	`message: transactional: 1 prefix: odd, sz: 3 content:, sz: 2 content:hi`: {
		Kind: oracle.Message, Prefix: "odd, sz: 3 content:", Content: "hi",
	},
}

// decode puts one change into a transaction, as the log has it.
func decode(line string) (oracle.Change, error) {
	var log oracle.Log
	for _, text := range []string{"BEGIN 7", line, "COMMIT 7"} {
		if err := log.Add(0, text); err != nil {
			return oracle.Change{}, err
		}
	}
	return log.Committed[0].Changes[0], nil
}

func TestChanges(t *testing.T) {
	for line, want := range lines {
		got, err := decode(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", line, got, want)
		}
	}
}

var broken = []string{
	"", "BEGIN", "BEGIN x", "COMMIT 0", "table", "table public", "table public.a: MERGE: id[integer]:1",
	"table public.a, public.b: INSERT: id[integer]:1", "table public.a: INSERT: id[integer:1",
	"table public.a: INSERT: id[integer]:", "table public.a: INSERT: id[text]:'x",
	"table public.a: INSERT: id[text]:'x'y", `table "a: INSERT: id[integer]:1`,
	"table public.a: UPDATE: old-key: id[integer]:1 id[integer]:2",
	"message: transactional: 2 prefix: a, sz: 1 content:b", "message: transactional: 1 prefix: a, sz: 9 content:b",
}

func TestBrokenLines(t *testing.T) {
	for _, line := range broken {
		if got, err := decode(line); err == nil {
			t.Errorf("%q: got %+v, want an error", line, got)
		}
	}
}

func TestLogWantsPairs(t *testing.T) {
	insert := "table public.a: INSERT: id[integer]:1"
	for name, texts := range map[string][]string{
		"begin in a transaction": {"BEGIN 7", "BEGIN 8"},
		"commit of nothing":      {"COMMIT 7"},
		"commit of another":      {"BEGIN 7", "COMMIT 8"},
		"change outside":         {insert},
	} {
		var log oracle.Log
		var err error
		for _, text := range texts {
			if err = log.Add(0, text); err != nil {
				break
			}
		}
		if err == nil {
			t.Errorf("%s: got %+v, want an error", name, log.Committed)
		}
	}
}

func TestMessageOutsideIsLeftOut(t *testing.T) {
	var log oracle.Log
	if err := log.Add(0, "message: transactional: 0 prefix: p, sz: 2 content:hi"); err != nil {
		t.Fatal(err)
	}
	if len(log.Committed) != 0 {
		t.Errorf("got %+v, want nothing committed", log.Committed)
	}
}

func FuzzLog(f *testing.F) {
	for line := range lines {
		f.Add(line)
	}
	for _, line := range broken {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		change, err := decode(line)
		if err != nil {
			return
		}
		again, err := decode(write(change))
		if err != nil || !reflect.DeepEqual(again, change) {
			t.Errorf("%q:\ngot  %+v again (error %v)\nwant %+v", line, again, err, change)
		}
	})
}

// write says the change as test_decoding does, with everything quoted.
func write(c oracle.Change) string {
	if c.Kind == oracle.Message {
		return fmt.Sprintf("message: transactional: 1 prefix: %s, sz: %d content:%s", c.Prefix, len(c.Content), c.Content)
	}
	var names []string
	for _, table := range c.Tables {
		names = append(names, quote(table.Schema, `"`)+"."+quote(table.Name, `"`))
	}
	line := "table " + strings.Join(names, ", ") + ": " + strings.ToUpper(string(c.Kind)) + ":"
	switch {
	case c.Kind == oracle.Truncate:
		return line + " (no-flags)"
	case c.Kind == oracle.Delete:
		return line + writeRow(c.Old)
	case c.Old != nil:
		line += " old-key:" + writeRow(c.Old) + " new-tuple:"
	}
	return line + writeRow(c.New)
}

func writeRow(row oracle.Row) string {
	var text strings.Builder
	for _, c := range row {
		value := quote(c.Text, "'")
		switch {
		case c.Null:
			value = "null"
		case c.Unchanged:
			value = "unchanged-toast-datum"
		}
		fmt.Fprintf(&text, " %s[%s]:%s", quote(c.Name, `"`), c.Type, value)
	}
	return text.String()
}

func quote(text, mark string) string {
	return mark + strings.ReplaceAll(text, mark, mark+mark) + mark
}
