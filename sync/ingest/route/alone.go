package route

import "strings"

// Alone reports whether no other table has rows in the streams of a table, by any of
// the templates: those of the routes, and the usual one of tables without a route. It
// is told by the names that templates and patterns leave possible, whatever tables
// there are, so it may be false of streams that only one table ever feeds.
func (r Routes) Alone(schema, table string, usual *Template) bool {
	own := usual
	if mine := r.For(schema, table); mine != nil && mine.Stream != nil {
		own = mine.Stream
	}
	if !own.PerTable() {
		return false
	}
	names := own.names(glob{schema}, glob{table})
	// Two tables never meet by one template that names them.
	meets := func(other *Template, schemas, tables glob) bool {
		return other.text != own.text && meet(names, other.names(schemas, tables))
	}
	if meets(usual, anything, anything) {
		return false
	}
	for i := range r {
		of := r[i].Tables
		same := of.schema.only(schema) && of.table.only(table)
		if r[i].Stream != nil && !same && meets(r[i].Stream, of.schema, of.table) {
			return false
		}
	}
	return true
}

// anything matches every name.
var anything = glob{"", ""}

// only reports whether the glob matches one name alone.
func (g glob) only(name string) bool { return len(g) == 1 && g[0] == name }

// names is what the segments of the names may be that the template makes for some
// tables, before unreserve. Values are any text, and so are names with wildcards.
func (t *Template) names(schema, table glob) []glob {
	all := make([]glob, len(t.segments))
	for i, seg := range t.segments {
		g := glob{""}
		for _, p := range seg {
			switch {
			case p.kind == literal:
				g[len(g)-1] += p.literal
			case p.kind == schemaName && len(schema) == 1:
				g[len(g)-1] += string(appendValue(nil, schema[0], p.stop))
			case p.kind == tableName && len(table) == 1:
				g[len(g)-1] += string(appendValue(nil, table[0], p.stop))
			default:
				g = append(g, "")
			}
		}
		all[i] = g
	}
	return all
}

// meet reports whether some name is among both.
func meet(a, b []glob) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].meets(b[i]) {
			return false
		}
	}
	return true
}

// meets reports whether both globs match some text: between two ends that fit there is
// room for what stands in the middle of each.
func (g glob) meets(h glob) bool {
	switch {
	case len(g) == 1:
		return h.match(g[0])
	case len(h) == 1:
		return g.match(h[0])
	}
	a, b := g[0], h[0]
	y, z := g[len(g)-1], h[len(h)-1]
	return (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) && (strings.HasSuffix(y, z) || strings.HasSuffix(z, y))
}
