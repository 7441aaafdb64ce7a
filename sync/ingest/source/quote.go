package source

import "strings"

// QuoteIdent returns name as a quoted SQL identifier: `Wéird "x"` becomes
// `"Wéird ""x"""`. It keeps case and every character but NUL, which Postgres
// cannot store and which would cut the statement short; NUL is dropped.
func QuoteIdent(name string) string {
	return quote(name, '"')
}

// QuoteLiteral returns text as a string literal. It relies on
// standard_conforming_strings being on, which every session of this package
// sets: a backslash is then an ordinary character, as it always is in
// replication commands. NUL is dropped.
func QuoteLiteral(text string) string {
	return quote(text, '\'')
}

// QuoteTable returns the qualified, quoted name of a table.
func QuoteTable(t Table) string {
	return QuoteIdent(t.Schema) + "." + QuoteIdent(t.Name)
}

// quoteIdents returns names as a comma-separated list of quoted identifiers.
func quoteIdents(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = QuoteIdent(name)
	}
	return strings.Join(quoted, ",")
}

// quote wraps s in mark and doubles every mark inside.
func quote(s string, mark byte) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte(mark)
	for i := range len(s) {
		switch s[i] {
		case 0:
			continue
		case mark:
			b.WriteByte(mark)
		}
		b.WriteByte(s[i])
	}
	b.WriteByte(mark)
	return b.String()
}
