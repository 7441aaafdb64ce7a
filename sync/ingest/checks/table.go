package checks

import (
	"slices"
	"strings"
)

// identities is E115. Leaves are looked at too, because a root's replica
// identity is not theirs.
func identities(f *Facts, w *Want) []Finding {
	l := newLayout(f)
	var all []Finding
	for i := range f.Tables {
		t := &f.Tables[i]
		if l.perLeaf(t) {
			continue
		}
		carrier := l.carrier(t)
		route, sends := w.Routes[carrier.Name], f.sendsOldRows(carrier, w)
		switch {
		case carrier.keyless(route) && route.NoKey != "" && route.NoKey != NoKeyRefuse:
			all = append(all, withoutKey(t, route.NoKey, sends)...)
		case !t.Identity.usable() && sends:
			all = append(all, unusable(t))
		case t == carrier && t.keyless(route):
			all = append(all, stop("E115", `Table %s has nothing to make keys of. Add a primary key, name the columns of its key `+
				`in DS_SYNC__ROUTES_FILE, or set DS_SYNC__NO_KEY.`, t.Name).about(t.Name).keyless())
		}
	}
	return all
}

func unusable(t *Table) Finding {
	cure := "FULL"
	if c := t.Identity.Candidate; c != "" {
		cure = "USING INDEX " + quoteIfNeeded(c) + " / FULL"
	}
	return stop("E115", `Table %[1]s has no usable replica identity: UPDATE and DELETE will fail in your application `+
		`while it is published. Add a primary key, or ALTER TABLE %[1]s REPLICA IDENTITY %[2]s.`, t.Name, cure).about(t.Name).keyless()
}

// sendsOldRows tells whether updates or deletes of the table are published, or
// would be once it is added to the first publication.
func (f *Facts) sendsOldRows(t *Table, w *Want) bool {
	if len(t.Shares) > 0 {
		return f.publishes(t, "update") || f.publishes(t, "delete")
	}
	if len(w.Publications) == 0 {
		return true
	}
	p, found := f.publication(w.Publications[0])
	return !found || slices.Contains(p.Publishes, "update") || slices.Contains(p.Publishes, "delete")
}

// templateColumns is E116. An insert-only log is never asked for an old row.
func templateColumns(f *Facts, w *Want) []Finding {
	l := newLayout(f)
	var all []Finding
	for i := range f.Tables {
		t := &f.Tables[i]
		carrier := l.carrier(t)
		route := w.Routes[carrier.Name]
		for _, c := range route.Columns {
			switch {
			case !slices.Contains(t.Columns, c):
				all = append(all, stop("E116", `Stream template %s needs column %s of %s, which has no such column.`,
					quote(route.Template), quoteIfNeeded(c), t.Name).about(t.Name))
			case !carrier.isLog(route) && t.Identity.usable() && !t.Identity.holds(c) && f.sendsOldRows(carrier, w):
				all = append(all, hiddenColumn(t, route.Template, c))
			}
		}
	}
	return all
}

// holds tells whether the column's old value arrives.
func (i Identity) holds(column string) bool {
	return i.Kind == IdentityFull || slices.Contains(i.Columns, column)
}

func hiddenColumn(t *Table, template, column string) Finding {
	var held []string
	for _, c := range t.Identity.Columns {
		held = append(held, quoteIfNeeded(c))
	}
	return stop("E116", `Stream template %[1]s needs column %[2]s of %[3]s on UPDATE and DELETE, but its replica identity holds only (%[4]s). `+
		`Run ALTER TABLE %[3]s REPLICA IDENTITY FULL, or include %[2]s in a unique NOT NULL index and use it as identity.`,
		quote(template), quoteIfNeeded(column), t.Name, strings.Join(held, ", ")).about(t.Name)
}

// readable is E117. A copy locks the table that changes come under, and reads rows
// where they lie: in the table, or in each of its partitions. It needs the grant on
// the whole of each, for that of columns covers neither locks nor row addresses.
func readable(f *Facts, w *Want) []Finding {
	l := newLayout(f)
	var all []Finding
	for i := range f.Tables {
		t := &f.Tables[i]
		reasons := t.hiddenBy()
		if len(reasons) == 0 || !l.copied(t) {
			continue
		}
		found := stop("E117", `Role %[1]s cannot read all rows of %[2]s (%[3]s). `+
			`Run GRANT SELECT ON %[2]s TO %[1]s and, for RLS, ALTER ROLE %[1]s BYPASSRLS.`,
			quote(f.Role.Name), t.Name, strings.Join(reasons, ", ")).about(t.Name)
		// A partition that was added to a table which is copied comes with the changes.
		if carrier := l.carrier(t); carrier != t && len(carrier.Shares) > 0 && w.begun() {
			found.Then = Warn
		}
		all = append(all, found)
	}
	return all
}

func (t *Table) hiddenBy() []string {
	var reasons []string
	if t.SchemaShut {
		reasons = append(reasons, "missing USAGE on schema "+quoteIfNeeded(t.Name.Schema))
	}
	if t.Unreadable {
		reasons = append(reasons, "missing SELECT")
	}
	if t.RowSecurity {
		reasons = append(reasons, "row-level security")
	}
	return reasons
}
