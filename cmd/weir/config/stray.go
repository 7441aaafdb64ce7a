package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// strays goes through the given variables that no field reads. Most are only
// warned of, but a server that was asked for TLS must not come up without it, and
// what a misspelt variable should have kept out of a stream cannot be taken back.
// Values are never repeated: a variable we do not read may hold a secret.
func strays(vars []variable, given map[string]string) (problems []Problem, warnings []string) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case slices.ContainsFunc(vars, func(v variable) bool { return v.name == name }):
			continue
		case strings.HasPrefix(name, "DS_TLS__"):
			problems = append(problems, Problem{
				Names: []string{name},
				Text:  unknown(vars, name) + ": a server that was asked for TLS does not start without it",
			})
		case planned(name):
			warnings = append(warnings, plainName(name)+" has no effect: this version does not serve it")
		case strings.HasPrefix(name, syncPrefix):
			problems = append(problems, Problem{
				Names: []string{name},
				Text:  unknown(vars, name) + ": changes of a database do not come in without what it should have said",
			})
		default:
			warnings = append(warnings, unknown(vars, name))
		}
	}
	return problems, warnings
}

// planned reports whether name belongs to a part of the server that is named in
// its design and not in this version.
func planned(name string) bool {
	return strings.HasPrefix(name, syncPrefix+"MIRROR__")
}

// unknown is the warning about a name that nothing is known of.
func unknown(vars []variable, name string) string {
	text := plainName(name) + " is not a known variable and has no effect"
	// A name this long is no slip of the finger, and comparing it takes time.
	if len(name) > maxQuoted {
		return text
	}
	return fmt.Sprintf("%s; the nearest known name is %s", text, nearest(vars, name))
}

// nearest returns the known name with the fewest edits from name; of several,
// the first in the table.
func nearest(vars []variable, name string) string {
	closest := slices.MinFunc(vars, func(a, b variable) int {
		return distance(name, a.name) - distance(name, b.name)
	})
	return closest.name
}

// plainName is name as it is, or quoted if it could break a message apart.
func plainName(name string) string {
	if len(name) <= maxQuoted && onlyNameBytes(name, "_") {
		return name
	}
	return quote(name)
}
