package route

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxQuoted bounds how much of a file a mistake repeats, in bytes.
const maxQuoted = 80

// parsed is the text of a node as parse reads it, or the zero T after a mistake.
func parsed[T any](r *fileReader, n *yaml.Node, parse func(string) (T, error)) (value T) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Anchor != "" {
		r.wrong(n, "want a text here, not %s", describe(n))
		return value
	}
	value, err := parse(n.Value)
	if err != nil {
		r.wrong(n, "%s: %v", quote(n.Value), err)
	}
	return value
}

// list returns the elements of a node, none after a mistake.
func (r *fileReader) list(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode || n.Anchor != "" {
		r.wrong(n, "want a list here, not %s", describe(n))
		return nil
	}
	return n.Content
}

// pairs calls each for every key of a mapping and what it stands for.
func (r *fileReader) pairs(n *yaml.Node, each func(key, value *yaml.Node)) (ok bool) {
	if n.Kind != yaml.MappingNode || n.Anchor != "" {
		r.wrong(n, "want names with values here, not %s", describe(n))
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		each(n.Content[i], n.Content[i+1])
	}
	return true
}

// fields reads a mapping whose names are known. It returns what each name that is
// there stands for, or nil if n is no mapping.
func (r *fileReader) fields(n *yaml.Node, known map[string]func(*yaml.Node)) map[string]*yaml.Node {
	seen := map[string]*yaml.Node{}
	ok := r.pairs(n, func(key, value *yaml.Node) {
		read := known[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || read == nil:
			r.wrong(key, "%s is not known here, want %s", quote(key.Value), wordsOf(known))
		case seen[key.Value] != nil:
			r.wrong(key, "%s twice", key.Value)
		default:
			seen[key.Value] = value
			read(value)
		}
	})
	if !ok {
		return nil
	}
	return seen
}

func wordsOf(known map[string]func(*yaml.Node)) string {
	var words []string
	for word := range known {
		words = append(words, word)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// describe names what a node is, for people.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return "an alias or an anchor"
	case n.Kind == yaml.MappingNode:
		return "names with values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	default:
		return quote(n.Value)
	}
}

// quote makes any text fit into one line of a mistake.
func quote(s string) string {
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "..."
	}
	return strconv.Quote(s)
}
