package watch

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/weirstreams/weir/sync/ingest/route"
)

// Effect is what a difference between two looks asks for.
type Effect int

// The effects, the greater ones including the smaller.
const (
	Nothing Effect = iota
	// Note: the table has another layout, and its events tell everything there is
	// to know.
	Note
	// Copy: the table has rows that its streams do not show as they are now.
	Copy
)

// Reaction is what has become of one table between two looks.
type Reaction struct {
	Effect Effect
	// Table is the table as it is now, or as it was if it is Gone.
	Table Table
	// New and Gone tell that it was not among the tables before, or is not now.
	New, Gone bool
	// Rekeyed tells that its events have other keys than before, and Keyless that
	// it has nothing to make keys of.
	Rekeyed, Keyless bool
	// Owed tells that its streams lack changes, which only a copy brings.
	Owed bool
	// Left is the table as it was if the streams of its name, which it has left, are
	// now nobody's.
	Left *Table
	// Reasons say what is different, for people.
	Reasons []string
}

// Naming is what the configuration makes of a table's name.
type Naming struct {
	// Key are the columns that a table's keys are made of if somebody has chosen
	// them, else nil.
	Key func(schema, table string) []string
	// NoKey is what is done with a table if it has no key.
	NoKey func(schema, table string) route.NoKey
	// Place stands for where a table's rows go: two names with one place have the
	// same streams and the same type. Stream stands for the streams alone.
	Place, Stream func(schema, table string) string
}

// Compare tells what has become of the tables of one look at another, later one, in
// the order of the tables' names. It is a function of its arguments alone.
func Compare(old, now Facts, n Naming) []Reaction {
	var all []Reaction
	for oid, t := range now {
		before, there := old[oid]
		if !there {
			all = append(all, Reaction{
				Effect: Copy, Table: t, New: true, Keyless: !n.serves(t), Reasons: []string{"the table is new"},
			})
			continue
		}
		if r := compare(before, t, n); r.Effect != Nothing {
			if r.Left != nil && n.fed(*r.Left, now) {
				r.Left = nil
			}
			all = append(all, r)
		}
	}
	for oid, t := range old {
		if _, there := now[oid]; !there {
			all = append(all, Reaction{Effect: Note, Table: t, Gone: true, Reasons: []string{"the table is not published any more, or gone"}})
		}
	}
	slices.SortFunc(all, func(a, b Reaction) int {
		return cmp.Or(cmp.Compare(a.Table.String(), b.Table.String()), cmp.Compare(a.Table.OID, b.Table.OID))
	})
	return all
}

func (r Reaction) copies() bool { return r.Effect == Copy || r.Owed }

// withOwed adds that the streams lack changes of some tables, as far as these have keys
// now.
func withOwed(all []Reaction, owed []uint32, now Facts, n Naming) []Reaction {
	for _, oid := range owed {
		t, there := now[oid]
		if !there || !n.serves(t) {
			continue
		}
		i := slices.IndexFunc(all, func(r Reaction) bool { return r.Table.OID == oid })
		if i < 0 {
			i, all = len(all), append(all, Reaction{Table: t})
		}
		all[i].Owed = true
		all[i].Reasons = append(all[i].Reasons, "its changes were left out while nothing told its rows apart")
	}
	return all
}

func (n Naming) key(t Table) []int16 { return t.key(n.Key(t.Schema, t.Name)) }

// serves tells whether the rows of a table have keys, or get some.
func (n Naming) serves(t Table) bool {
	switch n.NoKey(t.Schema, t.Name) {
	case route.NoKeyAppend:
		return true
	case route.NoKeyHash:
		return len(n.key(t)) > 0 || t.Identity == "f"
	}
	return len(n.key(t)) > 0
}

// fed tells whether any table has its rows in the streams of one that has left them.
func (n Naming) fed(left Table, now Facts) bool {
	stream := n.Stream(left.Schema, left.Name)
	for _, t := range now {
		if n.Stream(t.Schema, t.Name) == stream {
			return true
		}
	}
	return false
}

// settleKeys notes how keys are made for the rows of tables that have none.
func (f Facts) settleKeys(n Naming) {
	for oid, t := range f {
		if len(n.key(t)) == 0 && n.serves(t) {
			t.Keyless = n.NoKey(t.Schema, t.Name)
			f[oid] = t
		}
	}
}

// hashes tells whether the keys of a table are made of all that is in its rows.
func (n Naming) hashes(t Table) bool {
	return len(n.key(t)) == 0 && n.NoKey(t.Schema, t.Name) == route.NoKeyHash
}

func compare(old, now Table, n Naming) Reaction {
	d := &differ{old: old, now: now}
	d.r.Table = now
	d.key(n)
	d.name(n)
	d.columns()
	d.parts()
	if old.Membership != now.Membership {
		d.found(Copy, "what the publication says of the table has changed")
	}
	// Rows that are not told anew would be ended by keys that nobody knows.
	d.r.Rekeyed = d.r.Rekeyed || d.r.Effect == Copy && n.hashes(now)
	return d.r
}

// differ collects what is different about a table.
type differ struct {
	old, now Table
	r        Reaction
}

func (d *differ) found(e Effect, format string, args ...any) {
	d.r.Effect = max(d.r.Effect, e)
	d.r.Reasons = append(d.r.Reasons, fmt.Sprintf(format, args...))
}

func (d *differ) key(n Naming) {
	before, now := n.key(d.old), n.key(d.now)
	d.r.Keyless = !n.serves(d.now)
	switch {
	case d.r.Keyless && (len(before) > 0 || d.old.Keyless != ""):
		d.found(Note, "there is nothing left to make keys of")
	case !slices.Equal(before, now):
		d.r.Rekeyed = true
		d.found(Copy, "the keys are made of other columns")
	case d.old.Keyless != d.now.Keyless:
		d.r.Rekeyed = true
		d.found(Copy, "the keys of rows that have none are made in another way")
	case d.old.Identity != d.now.Identity:
		d.found(Note, "the replica identity has changed, the keys have not")
	}
}

func (d *differ) name(n Naming) {
	if d.old.String() == d.now.String() {
		return
	}
	if n.Place(d.old.Schema, d.old.Name) != n.Place(d.now.Schema, d.now.Name) {
		d.found(Copy, "the table was called %s, and goes to other streams now", d.old)
		d.r.Left = &d.old
		return
	}
	d.found(Note, "the table was called %s", d.old)
}

func (d *differ) columns() {
	rewritten := d.rewritten()
	for _, c := range d.old.Columns {
		d.column(c, rewritten)
	}
	for _, c := range d.now.Columns {
		if _, there := d.old.column(c.Num); there {
			continue
		}
		// A column with an older number was there, but not published; one that came
		// with a rewrite may have been filled by it.
		if c.Num <= d.old.Last || c.Filled || rewritten {
			d.found(Copy, "column %s was added, with values", c.Name)
		} else {
			d.found(Note, "column %s was added", c.Name)
		}
	}
}

func (d *differ) column(was Column, rewritten bool) {
	is, there := d.now.column(was.Num)
	switch {
	case !there:
		d.found(Copy, "column %s was dropped, or is not published any more", was.Name)
		return
	case was.Name != is.Name:
		d.found(Copy, "column %s is called %s now", was.Name, is.Name)
	}
	switch {
	case was.Type == is.Type && was.Modifier == is.Modifier:
		// A type can be changed to itself, with other values.
		if rewritten && was.Version != is.Version {
			d.found(Copy, "the values of column %s were rewritten", is.Name)
		}
	case rewritten || !sameText(was.Type, is.Type):
		d.found(Copy, "the type of column %s has changed", is.Name)
	default:
		d.found(Note, "the type of column %s has changed, its values have not", is.Name)
	}
}

// rewritten tells whether a part has another file than before.
func (d *differ) rewritten() bool {
	for _, p := range d.old.Parts {
		if is, there := d.now.part(p.OID); there && is.File != p.File {
			return true
		}
	}
	return false
}

// parts looks for rows that came or went with a partition: no event tells of them.
// A file of its own is all that an emptied partition shows, or a compacted one.
func (d *differ) parts() {
	if !d.old.parted() && !d.now.parted() {
		return
	}
	for _, p := range d.old.Parts {
		if _, there := d.now.part(p.OID); !there {
			d.found(Copy, "a partition was detached or dropped")
		}
	}
	for _, p := range d.now.Parts {
		if _, there := d.old.part(p.OID); !there && !p.Empty {
			d.found(Copy, "a partition with rows was attached")
		}
	}
	if d.rewritten() {
		d.found(Copy, "a partition was emptied or rewritten")
	}
}

// The oids of types whose values look alike.
const (
	oidText    = 25
	oidVarchar = 1043
)

// sameText tells whether values that keep their bytes under another type look the
// same in events. Not all do that need no rewrite: a timestamp gets a zone.
func sameText(a, b uint32) bool {
	text := func(oid uint32) bool { return oid == oidText || oid == oidVarchar }
	return a == b || text(a) && text(b)
}
