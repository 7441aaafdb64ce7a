package config

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// entry is one element of the file.
type entry struct {
	number int // from 1
	line   int
	values map[string]string // by the names of variables; "" for a key with nothing behind it
	lines  map[string]int    // of the keys, likewise
}

// String names the entry in a message: by its slot if it has one, else by its number.
func (e entry) String() string {
	if slot := e.values[syncSlot]; slot != "" && isSlot(slot) {
		return fmt.Sprintf("pipeline %q", slot)
	}
	return fmt.Sprintf("pipeline %d", e.number)
}

// problem is one of an entry. names are the variables whose keys are at fault.
func (e entry) problem(line int, text string, names ...string) Problem {
	return Problem{
		Names: append([]string{configFile}, names...),
		Text:  fmt.Sprintf("%s, line %d, %s: %s", configFile, line, e, text),
	}
}

// resolve returns the configuration of a server whose only pipeline this is, and what
// is wrong with what the entry says.
func (e entry) resolve(vars []variable, given map[string]string) (one Config, problems []Problem, err error) {
	both := maps.Clone(given)
	maps.Copy(both, e.values)
	maps.DeleteFunc(both, func(_, value string) bool { return value == "" })
	found, err := parse(&one, vars, both)
	if err != nil {
		return Config{}, nil, err
	}
	for _, p := range found {
		if _, own := e.values[p.Names[0]]; own {
			problems = append(problems, e.problem(e.lines[p.Names[0]], e.asKeys(p.Text, given), p.Names...))
		}
	}
	for _, p := range append([]Problem{noDatabase(one.Sync)}, pipelineContradictions(one)...) {
		if p.Text != "" && !overlap(found, p) {
			problems = append(problems, e.problem(e.line, e.asKeys(p.Text, given), p.Names...))
		}
	}
	return one, problems, nil
}

// syncName finds the names of the section's variables in a message.
var syncName = regexp.MustCompile(syncPrefix + "[A-Z0-9_]+")

// asKeys writes the names in a message as the keys of the file, but for variables that
// the entry was given.
func (e entry) asKeys(text string, given map[string]string) string {
	return syncName.ReplaceAllStringFunc(text, func(name string) string {
		_, own := e.values[name]
		if _, set := given[name]; set && !own {
			return name
		}
		return keyOf(name)
	})
}

// keyOf is the key that stands for a variable.
func keyOf(name string) string { return strings.ToLower(strings.TrimPrefix(name, syncPrefix)) }
