package dockerfile

import (
	"fmt"
	"strings"
)

// Pair is one NAME=value of an ENV or LABEL.
type Pair struct{ Name, Value string }

// Pairs reads the arguments of ENV or LABEL, a list of NAME=value with optional double
// quotes around the value.
func (i Instruction) Pairs() ([]Pair, error) {
	var pairs []Pair
	for rest := i.Args; rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || name == "" || strings.ContainsAny(name, " \t\"") {
			return nil, fmt.Errorf("line %d: %q is no list of NAME=value", i.Line, i.Args)
		}
		var value string
		if quoted, is := strings.CutPrefix(after, `"`); is {
			if value, after, ok = strings.Cut(quoted, `"`); !ok {
				return nil, fmt.Errorf("line %d: %q has a quote that does not end", i.Line, i.Args)
			}
			rest = strings.TrimSpace(after)
		} else {
			value, rest = cutWord(after)
		}
		pairs = append(pairs, Pair{name, value})
	}
	return pairs, nil
}
