package checks

import "strings"

// Name is a table's name with its schema, both as the catalogue has them.
type Name struct {
	Schema, Table string
}

// String returns the name as it may be pasted into a statement.
func (n Name) String() string {
	return quoteIfNeeded(n.Schema) + "." + quoteIfNeeded(n.Table)
}

// reserved are the words that cannot stand for a name without quotes.
var reserved = words(`all analyse analyze and any array as asc asymmetric authorization binary both case cast check
	collate collation column concurrently constraint create cross current_catalog current_date current_role
	current_schema current_time current_timestamp current_user default deferrable desc distinct do else end except
	false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull
	join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order
	outer overlaps placing primary references returning right select session_user similar some symmetric
	system_user table tablesample then to trailing true union unique user using variadic verbose when where window with`)

func words(text string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// quote writes an identifier in double quotes.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func quoteIfNeeded(name string) string {
	if plain(name) && !reserved[name] {
		return name
	}
	return quote(name)
}

// plain tells whether the server reads the name without quotes as it is.
func plain(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || 'a' <= c && c <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && (i == 0 || !digit) {
			return false
		}
	}
	return name != ""
}

// maxListed bounds the lists in texts: a database can have very many tables.
const maxListed = 100

// list joins the items with a comma, and counts those that are too many.
func list(items []string) string {
	if len(items) <= maxListed {
		return strings.Join(items, ", ")
	}
	return strings.Join(items[:maxListed], ", ") + " and " + count(len(items)-maxListed, "more", "more")
}
