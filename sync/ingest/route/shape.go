package route

// PerTable reports whether every name tells the schema and the table, so that no two
// tables have rows in one stream by this template.
func (t *Template) PerTable() bool {
	schema, table := false, false
	for _, seg := range t.segments {
		for _, p := range seg {
			schema = schema || p.kind == schemaName
			table = table || p.kind == tableName
		}
	}
	return schema && table
}

// Prefix is what the names of all streams of a table begin with: the whole name, or
// the segments in front of the first that differs from row to row, with the slash
// behind them.
func (t *Template) Prefix(schema, table string) string {
	fixed := Template{segments: t.segments}
	for i, seg := range t.segments {
		if seg.variable() {
			fixed.segments = t.segments[:i]
			break
		}
	}
	name := string(fixed.Append(nil, Row{Schema: schema, Table: table}))
	if 0 < len(fixed.segments) && len(fixed.segments) < len(t.segments) {
		name += "/"
	}
	return name
}

// variable reports whether the segment differs from row to row.
func (seg segment) variable() bool {
	for _, p := range seg {
		if p.kind == rowKey || p.kind == columnValue {
			return true
		}
	}
	return false
}

// Root is the first segment of every name, or "" if it differs between tables or rows.
func (t *Template) Root() string {
	for _, p := range t.segments[0] {
		if p.kind != literal {
			return ""
		}
	}
	return string((&Template{segments: t.segments[:1]}).Append(nil, Row{}))
}
