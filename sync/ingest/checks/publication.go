package checks

import (
	"slices"
	"strings"
)

// operations are what streams need, in the order that texts name them.
var operations = []string{"insert", "update", "delete", "truncate"}

// publications is E112. A publication that we made something of and that is gone
// cannot be made again in silence: its changes since then are in no slot (F3).
func publications(f *Facts, w *Want) []Finding {
	var all []Finding
	for _, name := range w.Publications {
		recorded := w.record().Publications[name]
		if f.otherSystem(w) {
			recorded = 0 // it was made elsewhere
		}
		p, found := f.publication(name)
		switch {
		case !found && recorded == 0 && w.Manage && f.mayPublish():
		case !found:
			all = append(all, stop("E112", `Publication %[1]s does not exist in %[2]s. `+
				`Run CREATE PUBLICATION %[1]s FOR TABLE %[3]s WITH (publish_via_partition_root = true), `+
				`then let this server create its slot.`, quote(name), quote(f.Server.Database), list(f.unpublished())))
		case recorded != 0 && recorded != p.OID:
			all = append(all, perSetting("E112", `Publication %s was dropped and created again (oid %d, before %d): `+
				`changes in between may be missing. A resync is required.`, quote(name), p.OID, recorded))
		}
	}
	return all
}

// Stuck is E112 as the stream tells it: the server looks for a publication as of each
// change, and a slot never gets past one that was made without it (F3).
func Stuck(slot string, publications []string) Finding {
	return perSetting("E112", `Slot %s holds changes that were made while a publication of %s did not exist: `+
		`the server cannot send them, nor anything after them. A resync is required.`, quote(slot), list(quoted(publications)))
}

func quoted(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = quote(name)
	}
	return all
}

// mayPublish tells whether we may create a publication of the tables that are in
// none.
func (f *Facts) mayPublish() bool {
	l := newLayout(f)
	return f.Role.CreateDatabase && !slices.ContainsFunc(f.Tables, func(t Table) bool {
		return l.unpublished(l.byOID[t.OID]) && !t.Owned
	})
}

// unpublished names the selected tables that no publication has.
func (f *Facts) unpublished() []string {
	l := newLayout(f)
	var names []string
	for i := range f.Tables {
		if t := &f.Tables[i]; l.unpublished(t) {
			names = append(names, t.Name.String())
		}
	}
	return names
}

// publishedTables is E113. While a publication is missing it says nothing: the
// statement of E112 names the same tables.
func publishedTables(f *Facts, w *Want) []Finding {
	if len(w.Publications) == 0 || len(f.Publications) < len(w.Publications) {
		return nil
	}
	first, _ := f.publication(w.Publications[0])
	l := newLayout(f)
	var all []Finding
	for i := range f.Tables {
		t := &f.Tables[i]
		if !l.unpublished(t) || w.Manage && first.Owned && t.Owned {
			continue
		}
		all = append(all, stop("E113", `Table %[1]s is selected by DS_SYNC__TABLES but not published by %[2]s. `+
			`Run ALTER PUBLICATION %[2]s ADD TABLE %[1]s as the owner (%[3]s), or grant that role to %[4]s.`,
			t.Name, quote(first.Name), t.Owner, quote(f.Role.Name)).about(t.Name))
	}
	return all
}

// publishedOperations is E114.
func publishedOperations(f *Facts, w *Want) []Finding {
	var all []Finding
	for _, p := range f.Publications {
		missing := slices.DeleteFunc(slices.Clone(operations), func(op string) bool {
			return slices.Contains(p.Publishes, op) || !f.needs(w, p, op)
		})
		if len(missing) > 0 {
			all = append(all, stop("E114", `Publication %[1]s does not publish %[2]s. Streams would diverge. `+
				`Run ALTER PUBLICATION %[1]s SET (publish = 'insert, update, delete, truncate').`,
				quote(p.Name), strings.Join(missing, ", ")))
		}
	}
	return all
}

// needs tells whether a table of the publication misses the operation: it is no
// insert-only log, and no other publication sends it. One without tables of ours
// is held against all operations, since tables will be added to it.
func (f *Facts) needs(w *Want, p Publication, op string) bool {
	empty := true
	for _, t := range f.Tables {
		if !t.in(p.Name) {
			continue
		}
		empty = false
		if op != "insert" && t.isLog(w.Routes[t.Name]) {
			continue
		}
		if !f.publishes(&t, op) {
			return true
		}
	}
	return empty
}

func (t *Table) in(publication string) bool {
	return slices.ContainsFunc(t.Shares, func(s Share) bool { return s.Publication == publication })
}

// publishes tells whether any publication sends the operation on the table.
func (f *Facts) publishes(t *Table, op string) bool {
	return slices.ContainsFunc(t.Shares, func(s Share) bool {
		p, _ := f.publication(s.Publication)
		return slices.Contains(p.Publishes, op)
	})
}

// columnLists is E118 for a table of two publications.
func columnLists(f *Facts, _ *Want) []Finding {
	var all []Finding
	for _, t := range f.Tables {
		for _, s := range t.Shares {
			if first := t.Shares[0]; !slices.Equal(s.Columns, first.Columns) {
				all = append(all, stop("E118", `Publications %s, %s give different column lists for %s; `+
					`the server refuses that at run time.`,
					quoteIfNeeded(first.Publication), quoteIfNeeded(s.Publication), t.Name).about(t.Name))
				break
			}
		}
	}
	return all
}

// sentColumns returns what is published of the table.
func (t *Table) sentColumns() []string {
	for _, s := range t.Shares {
		if s.Columns != nil {
			return s.Columns
		}
	}
	return t.Columns
}
