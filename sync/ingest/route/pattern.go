package route

import (
	"errors"
	"slices"
	"strings"
)

// maxPatterns bounds the patterns of one list, since each table is held against
// all of them.
const maxPatterns = 1000

// glob is a name that may have wildcards: the literal pieces between them. A name
// without any is one piece.
type glob []string

func (g glob) match(name string) bool {
	first, last := g[0], g[len(g)-1]
	if len(g) == 1 {
		return name == first
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	// What is left for the pieces between: each as early as it can be, which
	// leaves the most to the others.
	rest := name[len(first) : len(name)-len(last)]
	for _, piece := range g[1 : len(g)-1] {
		i := strings.Index(rest, piece)
		if i < 0 {
			return false
		}
		rest = rest[i+len(piece):]
	}
	return true
}

func (g glob) String() string {
	if len(g) == 1 {
		return quoteName(g[0])
	}
	return strings.Join(g, "*")
}

// Pattern names tables: one, or all whose schema and name match. A * stands for
// any characters, none included, and never for a dot between schema and table. It
// does not match the schemas of Postgres itself, whose tables cannot be
// published; see [IsSystemSchema].
type Pattern struct {
	schema, table glob
}

// ParsePattern reads one pattern, such as public.* or "Sales"."Order Lines".
func ParsePattern(text string) (Pattern, error) {
	s, err := newScanner(text)
	if err != nil {
		return Pattern{}, err
	}
	s.skipSpaces()
	p, err := s.pattern()
	if err != nil {
		return Pattern{}, err
	}
	s.skipSpaces()
	if !s.done() {
		return Pattern{}, s.failed("want nothing after the table")
	}
	return p, nil
}

func (s *scanner) pattern() (p Pattern, err error) {
	if p.schema, err = s.glob(); err != nil {
		return Pattern{}, err
	}
	if !s.take('.') {
		return Pattern{}, s.failed("want a dot and a table after the schema")
	}
	if p.table, err = s.glob(); err != nil {
		return Pattern{}, err
	}
	return p, nil
}

// Match reports whether the pattern matches a table. The names are those of the
// catalogue, without quotes. The zero Pattern matches nothing.
func (p Pattern) Match(schema, table string) bool {
	return p.schema != nil && !IsSystemSchema(schema) && p.schema.match(schema) && p.table.match(table)
}

// String writes the pattern as [ParsePattern] reads it.
func (p Pattern) String() string {
	if p.schema == nil {
		return ""
	}
	return p.schema.String() + "." + p.table.String()
}

// IsSystemSchema reports whether a schema is one of Postgres itself.
func IsSystemSchema(schema string) bool {
	return schema == "information_schema" || strings.HasPrefix(schema, "pg_")
}

// Patterns select tables. A table is selected if a pattern matches it and none
// of those that exclude does: an exclusion always wins, wherever it stands, so
// that adding a pattern never brings back what somebody kept out. The zero value
// selects nothing.
type Patterns struct {
	include, exclude []Pattern
}

// ParsePatterns reads a list of patterns, separated by commas. A ! in front of one
// makes it exclude: public.*,!public.audit_*,"Sales"."Order Lines". The error
// names the first mistake and where it is.
func ParsePatterns(list string) (Patterns, error) {
	s, err := newScanner(list)
	if err != nil {
		return Patterns{}, err
	}
	var ps Patterns
	for more := true; more; more = s.take(',') {
		if len(ps.include)+len(ps.exclude) == maxPatterns {
			return Patterns{}, s.failed("more than %d patterns", maxPatterns)
		}
		s.skipSpaces()
		excludes := s.take('!')
		p, err := s.pattern()
		if err != nil {
			return Patterns{}, err
		}
		if excludes {
			ps.exclude = append(ps.exclude, p)
		} else {
			ps.include = append(ps.include, p)
		}
		s.skipSpaces()
	}
	switch {
	case !s.done():
		return Patterns{}, s.failed("want a comma between patterns")
	case len(ps.include) == 0:
		return Patterns{}, errors.New("only exclusions, which select no table")
	}
	return ps, nil
}

// Match reports whether a table is selected. The names are those of the catalogue,
// without quotes.
func (ps Patterns) Match(schema, table string) bool {
	matches := func(p Pattern) bool { return p.Match(schema, table) }
	return slices.ContainsFunc(ps.include, matches) && !slices.ContainsFunc(ps.exclude, matches)
}

// String writes the patterns as [ParsePatterns] reads them, exclusions last.
func (ps Patterns) String() string {
	var parts []string
	for _, p := range ps.include {
		parts = append(parts, p.String())
	}
	for _, p := range ps.exclude {
		parts = append(parts, "!"+p.String())
	}
	return strings.Join(parts, ",")
}
