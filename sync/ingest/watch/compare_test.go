package watch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/route"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

const (
	typeInt     = 23
	typeText    = 25
	typeVarchar = 1043
	typeStamp   = 1114
	typeStampTZ = 1184
)

// table returns public.t (id int primary key, v text), changed by some functions.
func table(changes ...func(t *watch.Table)) watch.Table {
	t := watch.Table{
		OID: 1, Schema: "public", Name: "t", Membership: "9,1", Identity: "d", Primary: []int16{1}, Last: 2,
		Columns: []watch.Column{
			{Num: 1, Name: "id", Type: typeInt, Modifier: -1, Version: "100"},
			{Num: 2, Name: "v", Type: typeText, Modifier: -1, Version: "100"},
		},
		Parts: []watch.Part{{OID: 1, File: 1}},
	}
	for _, change := range changes {
		change(&t)
	}
	return t
}

// The changes: each is what one statement does to the catalogue.

func add(num int16, name string) func(t *watch.Table) {
	return func(t *watch.Table) {
		t.Columns = append(t.Columns, watch.Column{Num: num, Name: name, Type: typeText, Modifier: -1, Version: "200"})
		t.Last = max(t.Last, num)
	}
}

func fill(num int16) func(t *watch.Table) {
	return column(num, func(c *watch.Column) { c.Filled = true })
}

func column(num int16, change func(c *watch.Column)) func(t *watch.Table) {
	return func(t *watch.Table) {
		for i := range t.Columns {
			if t.Columns[i].Num == num {
				change(&t.Columns[i])
			}
		}
	}
}

func retype(num int16, typ uint32, modifier int32) func(t *watch.Table) {
	return column(num, func(c *watch.Column) { c.Type, c.Modifier, c.Version = typ, modifier, "200" })
}

func rewrite(t *watch.Table) { t.Parts = []watch.Part{{OID: 1, File: 2}} }

func dropped(num int16) func(t *watch.Table) {
	return func(t *watch.Table) {
		t.Columns = slices.DeleteFunc(t.Columns, func(c watch.Column) bool { return c.Num == num })
	}
}

func rename(name string) func(t *watch.Table) { return func(t *watch.Table) { t.Name = name } }

func parts(p ...watch.Part) func(t *watch.Table) { return func(t *watch.Table) { t.Parts = p } }

func identity(kind string, index ...int16) func(t *watch.Table) {
	return func(t *watch.Table) { t.Identity, t.Index = kind, index }
}

func primary(nums ...int16) func(t *watch.Table) {
	return func(t *watch.Table) { t.Primary = nums }
}

func none(*watch.Table) {}

type changes []func(t *watch.Table)

func TestCompare(t *testing.T) {
	p1, p2 := watch.Part{OID: 11, File: 11}, watch.Part{OID: 12, File: 12}
	for _, c := range []struct {
		name     string
		old, now changes
		want     watch.Effect
		reason   string // a part of the only one
	}{
		{"nothing", nil, changes{none}, watch.Nothing, ""},
		{"a column for which older rows have nothing", nil, changes{add(3, "w")}, watch.Note, "column w was added"},
		{"a column with a default", nil, changes{add(3, "w"), fill(3)}, watch.Copy, "column w was added, with values"},
		{"a column with a default for each row", nil, changes{add(3, "w"), rewrite}, watch.Copy, "column w was added, with values"},
		{"a column that is published from now on", changes{dropped(2)}, nil, watch.Copy, "column v was added, with values"},
		{"an older column that was filled", changes{fill(2)}, changes{fill(2)}, watch.Nothing, ""},
		{"a column less", nil, changes{dropped(2)}, watch.Copy, "column v was dropped"},
		{"a column with another name", nil, changes{column(2, func(c *watch.Column) { c.Name = "w" })}, watch.Copy, "column v is called w now"},
		{"columns in another order", nil, changes{func(t *watch.Table) { slices.Reverse(t.Columns) }}, watch.Nothing, ""},
		{"another type, the same text", nil, changes{retype(2, typeVarchar, 44)}, watch.Note, "values have not"},
		{"another type, rewritten", nil, changes{retype(1, typeText, -1), rewrite}, watch.Copy, "type of column id"},
		{"another type, not rewritten", changes{retype(2, typeStamp, -1)}, changes{retype(2, typeStampTZ, -1)}, watch.Copy, "type of column v"},
		{"another modifier, not rewritten", changes{retype(2, typeVarchar, 14)}, changes{retype(2, typeVarchar, 24)}, watch.Note, "values have not"},
		{"another modifier, rewritten", changes{retype(2, typeVarchar, 14)}, changes{retype(2, typeVarchar, 9), rewrite}, watch.Copy, "type of column v"},
		{"the same type, by an expression", nil, changes{retype(2, typeText, -1), rewrite}, watch.Copy, "values of column v were rewritten"},
		{"compacted or truncated", nil, changes{rewrite}, watch.Nothing, ""},
		{"a column's statistics", nil, changes{retype(2, typeText, -1)}, watch.Nothing, ""},

		{"identity full", nil, changes{identity("f")}, watch.Note, "the keys have not"},
		{"identity index", nil, changes{identity("i", 2)}, watch.Copy, "other columns"},
		{"identity index of the same columns", nil, changes{identity("i", 1)}, watch.Note, "the keys have not"},
		{"identity nothing", nil, changes{identity("n")}, watch.Note, "nothing left to make keys of"},
		{"identity back from nothing", changes{identity("n")}, nil, watch.Copy, "other columns"},
		{"another primary key", nil, changes{primary(2)}, watch.Copy, "other columns"},
		{"another primary key under full", changes{identity("f")}, changes{identity("f"), primary(2)}, watch.Copy, "other columns"},
		{"the key's order", changes{primary(1, 2)}, changes{primary(2, 1)}, watch.Copy, "other columns"},

		{"a name with other streams", nil, changes{rename("u")}, watch.Copy, "called public.t, and goes to other streams"},
		{"a name with the same streams", changes{rename("same_a")}, changes{rename("same_b")}, watch.Note, "called public.same_a"},
		{"a row filter", nil, changes{func(t *watch.Table) { t.Membership = "9,2" }}, watch.Copy, "publication"},

		{"a partition with rows", changes{parts(p1)}, changes{parts(p1, p2)}, watch.Copy, "attached"},
		{"a partition without rows", changes{parts(p1)}, changes{parts(p1, watch.Part{OID: 12, File: 12, Empty: true})}, watch.Nothing, ""},
		{"the first partition", changes{parts()}, changes{parts(p1)}, watch.Copy, "attached"},
		{"a partition less", changes{parts(p1, p2)}, changes{parts(p2)}, watch.Copy, "detached"},
		{"a partition truncated", changes{parts(p1, p2)}, changes{parts(p1, watch.Part{OID: 12, File: 13})}, watch.Copy, "emptied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := watch.Compare(watch.Facts{1: table(c.old...)}, watch.Facts{1: table(c.now...)}, naming)
			if c.want == watch.Nothing {
				if len(got) != 0 {
					t.Fatalf("got %+v, want nothing", got)
				}
				return
			}
			if len(got) != 1 || got[0].Effect != c.want || len(got[0].Reasons) != 1 || !strings.Contains(got[0].Reasons[0], c.reason) {
				t.Fatalf("got %+v, want effect %d because of %q", got, c.want, c.reason)
			}
			if rekeyed := c.reason == "other columns"; got[0].Rekeyed != rekeyed {
				t.Errorf("got rekeyed %v, want %v", got[0].Rekeyed, rekeyed)
			}
		})
	}
}

var naming = watch.Naming{
	NoKey: func(_, name string) route.NoKey { return noKey[name] },
	Key: func(_, table string) []string {
		if table == "routed" {
			return []string{"v"}
		}
		return nil
	},
	Place: func(schema, table string) string {
		if strings.HasPrefix(table, "same_") {
			return "same"
		}
		return schema + "/" + table
	},
	Stream: func(schema, table string) string { return schema + "/" + strings.TrimPrefix(table, "shares_") },
}

// noKey is what is done with tables of some names if they have no key.
var noKey = map[string]route.NoKey{"log": route.NoKeyAppend, "bag": route.NoKeyHash}

// TestCompareWithoutAKey: a table whose rows get keys is no table without one, as long
// as they do; and keys of all that is in the rows go with the columns.
func TestCompareWithoutAKey(t *testing.T) {
	bare := func(name, replica string) watch.Table {
		return table(rename(name), identity(replica), func(t *watch.Table) { t.Primary = nil })
	}
	for _, c := range []struct {
		name             string
		old, now         watch.Table
		keyless, rekeyed bool
		effect           watch.Effect
	}{
		{"a log loses its key", table(rename("log")), bare("log", "d"), false, true, watch.Copy},
		{"a log gets a key", bare("log", "n"), table(rename("log")), false, true, watch.Copy},
		{"a hashed table stops telling its old rows", bare("bag", "f"), bare("bag", "d"), true, false, watch.Note},
		{"a hashed table gets a key", bare("bag", "f"), table(rename("bag"), identity("f")), false, true, watch.Copy},
		{"a hashed table gets a column without values", bare("bag", "f"), after(bare("bag", "f"), add(3, "new")), false, false, watch.Note},
		{"a hashed table gets a column with values", bare("bag", "f"), after(bare("bag", "f"), add(3, "new"), fill(3)), false, true, watch.Copy},
		{"a log gets a column with values", bare("log", "f"), after(bare("log", "f"), add(3, "new"), fill(3)), false, false, watch.Copy},
		{"a hashed table loses a column", bare("bag", "f"), after(bare("bag", "f"), dropped(2)), false, true, watch.Copy},
	} {
		got := watch.Compare(watch.Facts{1: c.old}, watch.Facts{1: c.now}, naming)
		if len(got) != 1 || got[0].Keyless != c.keyless || got[0].Rekeyed != c.rekeyed || got[0].Effect != c.effect {
			t.Errorf("%s: got %+v, want keyless %t, rekeyed %t, effect %d", c.name, got, c.keyless, c.rekeyed, c.effect)
		}
	}
	refused, hashed, log := bare("t", "f"), bare("bag", "f"), bare("log", "f")
	hashed.Keyless, log.Keyless = route.NoKeyHash, route.NoKeyAppend
	refused.Keyless = route.NoKeyHash
	log.Name = "bag" // it was a log until the configuration was changed
	for _, c := range []struct {
		name             string
		old, now         watch.Table
		keyless, rekeyed bool
	}{
		{"a log is hashed", log, hashed, false, true},
		{"a hashed table is refused", refused, bare("t", "f"), true, false},
	} {
		got := watch.Compare(watch.Facts{1: c.old}, watch.Facts{1: c.now}, naming)
		if len(got) != 1 || got[0].Keyless != c.keyless || got[0].Rekeyed != c.rekeyed {
			t.Errorf("%s: got %+v, want keyless %t, rekeyed %t", c.name, got, c.keyless, c.rekeyed)
		}
	}
	for name, keyless := range map[string]bool{"log": false, "bag": true, "t": true} {
		if got := watch.Compare(nil, watch.Facts{1: bare(name, "n")}, naming); len(got) != 1 || got[0].Keyless != keyless {
			t.Errorf("%s is new: got %+v, want keyless %t", name, got, keyless)
		}
	}
}

func after(t watch.Table, changes ...func(t *watch.Table)) watch.Table {
	for _, change := range changes {
		change(&t)
	}
	return t
}

// The streams that a renamed table has left are closed, unless somebody else has them.
func TestCompareWhatIsLeft(t *testing.T) {
	other := func(name string) watch.Table {
		return table(rename(name), func(t *watch.Table) { t.OID = 2 })
	}
	for _, c := range []struct {
		name     string
		now      watch.Facts
		wantLeft bool
	}{
		{"renamed", watch.Facts{1: table(rename("new"))}, true},
		{"renamed to the same place", watch.Facts{1: table(rename("t"))}, false},
		{"another table has the name", watch.Facts{1: table(rename("new")), 2: other("t")}, false},
		{"another table has the stream", watch.Facts{1: table(rename("new")), 2: other("shares_t")}, false},
		{"another table has another", watch.Facts{1: table(rename("new")), 2: other("u")}, true},
		{"only the type is another", watch.Facts{1: table(rename("shares_t"))}, false},
	} {
		left := false
		for _, r := range watch.Compare(watch.Facts{1: table(), 2: other("u")}, c.now, naming) {
			left = left || r.Left != nil && r.Left.Name == "t"
		}
		if left != c.wantLeft {
			t.Errorf("%s: got left %v, want %v", c.name, left, c.wantLeft)
		}
	}
}

// A key that was chosen by somebody stays what it is, whatever the table's own is.
func TestCompareWithAChosenKey(t *testing.T) {
	old, now := table(rename("routed")), table(rename("routed"), primary(2))
	if got := watch.Compare(watch.Facts{1: old}, watch.Facts{1: now}, naming); len(got) != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
	now = table(rename("routed"), dropped(2))
	got := watch.Compare(watch.Facts{1: old}, watch.Facts{1: now}, naming)
	if len(got) != 1 || !got[0].Keyless {
		t.Errorf("got %+v, want a table without a key", got)
	}
}

func TestCompareTablesThatComeAndGo(t *testing.T) {
	other := table(func(t *watch.Table) { t.OID = 2 })
	got := watch.Compare(watch.Facts{1: table()}, watch.Facts{2: other}, naming)
	if len(got) != 2 || !got[0].Gone || got[0].Table.OID != 1 || !got[1].New || got[1].Table.OID != 2 || got[1].Effect != watch.Copy {
		t.Fatalf("a table dropped and made again: got %+v, want the first gone and the second new", got)
	}
	keyless := table(identity("n"))
	if got = watch.Compare(nil, watch.Facts{1: keyless}, naming); len(got) != 1 || !got[0].Keyless {
		t.Errorf("a new table without a key: got %+v, want it to say so", got)
	}
}
