package checks

import "slices"

// mirrorLoop is E120.
func mirrorLoop(f *Facts, w *Want) []Finding {
	var all []Finding
	for _, schema := range w.MirrorSchemas {
		for _, p := range f.Publications {
			if f.ingests(schema, p.Name) {
				all = append(all, stop("E120", `Schema %s is published by %s: mirrored rows would be ingested again. Exclude it.`,
					quoteIfNeeded(schema), quote(p.Name)))
			}
		}
	}
	return all
}

// ingests tells whether the publication sends a selected table of the schema.
func (f *Facts) ingests(schema, publication string) bool {
	l := newLayout(f)
	return slices.ContainsFunc(f.Tables, func(t Table) bool {
		return t.Selected && t.Name.Schema == schema && l.carrier(&t).in(publication)
	})
}

// ownSchema is W7: rows of the mirror are sent to us only to be thrown away.
func ownSchema(f *Facts, w *Want) []Finding {
	var all []Finding
	for _, schema := range w.MirrorSchemas {
		for _, p := range f.Publications {
			if p.AllTables && slices.Contains(p.Schemas, schema) && !f.ingests(schema, p.Name) {
				all = append(all, warn("W7", `Publication %s is FOR ALL TABLES and includes our own schema %s: `+
					`each mirrored row is decoded and sent for nothing. Name the tables of the publication instead.`,
					quote(p.Name), quoteIfNeeded(schema)))
			}
		}
	}
	return all
}
