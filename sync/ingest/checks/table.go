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
		if t.Identity.usable() || l.perLeaf(t) || !f.sendsOldRows(l.carrier(t), w) {
			continue
		}
		cure := "FULL"
		if c := t.Identity.Candidate; c != "" {
			cure = "USING INDEX " + quoteIfNeeded(c) + " / FULL"
		}
		all = append(all, stop("E115", `Table %[1]s has no usable replica identity: UPDATE and DELETE will fail in your application `+
			`while it is published. Add a primary key, or ALTER TABLE %[1]s REPLICA IDENTITY %[2]s.`, t.Name, cure).about(t.Name))
	}
	return all
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
			case !route.Append && t.Identity.usable() && !t.Identity.holds(c) && f.sendsOldRows(carrier, w):
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

// readable is E117. A partition that is read through its root needs no grant.
func readable(f *Facts, _ *Want) []Finding {
	l := newLayout(f)
	var all []Finding
	for i := range f.Tables {
		t := &f.Tables[i]
		reasons := t.hiddenBy()
		if len(reasons) == 0 || !l.copied(t) {
			continue
		}
		all = append(all, stop("E117", `Role %[1]s cannot read all rows of %[2]s (%[3]s). `+
			`Run GRANT SELECT ON %[2]s TO %[1]s and, for RLS, ALTER ROLE %[1]s BYPASSRLS.`,
			quote(f.Role.Name), t.Name, strings.Join(reasons, ", ")).about(t.Name))
	}
	return all
}

func (t *Table) hiddenBy() []string {
	var reasons []string
	if t.SchemaShut {
		reasons = append(reasons, "missing USAGE on schema "+quoteIfNeeded(t.Name.Schema))
	}
	sent := t.sentColumns()
	if slices.ContainsFunc(t.Unreadable, func(c string) bool { return slices.Contains(sent, c) }) {
		reasons = append(reasons, "missing SELECT")
	}
	if t.RowSecurity {
		reasons = append(reasons, "row-level security")
	}
	return reasons
}
