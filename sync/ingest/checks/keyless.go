package checks

// keyless tells whether the rows of a table have nothing to make keys of: events get
// theirs from the columns that were chosen, the primary key or the replica identity.
func (t *Table) keyless(r Route) bool {
	switch {
	case len(r.Key) > 0:
		return false
	case t.Identity.Kind == IdentityDefault || t.Identity.Kind == IdentityFull:
		return len(t.Primary) == 0
	case t.Identity.Kind == IdentityIndex:
		return len(t.Identity.Columns) == 0
	}
	return true
}

// isLog tells whether a table is taken as a log, to which rows are only added.
func (t *Table) isLog(r Route) bool { return r.NoKey == NoKeyAppend && t.keyless(r) }

// withoutKey is E115 of a table, or of a partition of one, whose rows get keys because
// it has none. A log needs no identity; its rows just cannot be changed while changes
// are published.
func withoutKey(t *Table, noKey string, sendsOldRows bool) []Finding {
	switch {
	case noKey == NoKeyHash && t.Identity.Kind != IdentityFull:
		return []Finding{stop("E115", `Table %[1]s has no key, and DS_SYNC__NO_KEY=hash needs its old rows. `+
			`Run ALTER TABLE %[1]s REPLICA IDENTITY FULL, or add a primary key.`, t.Name).about(t.Name)}
	case noKey == NoKeyAppend && !t.Identity.usable() && sendsOldRows:
		return []Finding{warn("E115", `Table %s has no key and is taken as a log (DS_SYNC__NO_KEY=append): UPDATE and DELETE fail `+
			`in your application while it is published. A publication that publishes inserts alone lets them pass, unseen.`, t.Name).about(t.Name)}
	}
	return nil
}

// templateKey is E116 for streams that go by a key which rows do not have.
func templateKey(f *Facts, w *Want) []Finding {
	l := newLayout(f)
	var all []Finding
	for i := range f.Tables {
		t := &f.Tables[i]
		route := w.Routes[t.Name]
		if !route.PerKey || l.perLeaf(t) || l.carrier(t) != t || !t.keyless(route) {
			continue
		}
		all = append(all, stop("E116", `Stream template %s has {key}, and table %s has no key. `+
			`Add a primary key, or choose another template for the table in DS_SYNC__ROUTES_FILE.`,
			quote(route.Template), t.Name).about(t.Name))
	}
	return all
}
