package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of a file of pipelines: its bytes, and its entries, each of which has
// connections and buffers of its own.
const (
	maxPipelineFile = 1 << 20
	maxPipelines    = 64
)

var errLongFile = fmt.Errorf("the file is longer than %d bytes", maxPipelineFile)

// readBounded reads a file that may be anything, as far as it may be long.
func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPipelineFile+1))
	if err == nil && len(text) > maxPipelineFile {
		return nil, errLongFile
	}
	return text, err
}

// plainReason is err without the path, which the message has already.
func plainReason(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// fileReader turns the nodes of a file of pipelines into entries and collects what is
// wrong with its form. It never repeats the value of a key: it may be a secret.
type fileReader struct {
	problems []Problem
}

// wrong notes a mistake that is no single entry's.
func (r *fileReader) wrong(format string, args ...any) {
	r.problems = append(r.problems, Problem{Names: []string{configFile}, Text: configFile + fmt.Sprintf(format, args...)})
}

// entries reads the whole file.
func (r *fileReader) entries(vars []variable, text []byte) []entry {
	root, err := rootOf(text)
	switch {
	case err != nil:
		r.wrong(": %v", err)
		return nil
	case root == nil || root.Kind != yaml.SequenceNode || root.Anchor != "":
		r.wrong(": want a list of pipelines, each beginning with - and its keys, not %s", describe(root))
		return nil
	case len(root.Content) == 0 || len(root.Content) > maxPipelines:
		r.wrong(": the list has %d pipelines, want 1 to %d", len(root.Content), maxPipelines)
		return nil
	}
	known := pipelineVariables(vars)
	var all []entry
	for i, n := range root.Content {
		all = append(all, r.entry(known, i+1, n))
	}
	return all
}

// rootOf returns what the only document of a file holds, or nil if that is nothing.
func rootOf(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, notYAML(err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file has several documents, want one")
	}
	return doc.Content[0], nil
}

// notYAML is the parser's complaint. The only one that repeats a part of the file is
// about an alias.
func notYAML(err error) error {
	if strings.Contains(err.Error(), "anchor") {
		return errors.New("the file has an alias, which begins with *: put a text that does in quotes")
	}
	return fmt.Errorf("%+q", err.Error())
}

// entry reads an element of the list. Known are the variables that it may set.
func (r *fileReader) entry(known []variable, number int, n *yaml.Node) entry {
	e := entry{number: number, line: n.Line, values: make(map[string]string), lines: make(map[string]int)}
	if n.Kind != yaml.MappingNode || n.Anchor != "" {
		r.problems = append(r.problems, e.problem(n.Line, "want keys with values here, not "+describe(n)))
		return e
	}
	var wrong []mistake // the slot, which names the entry, may come last
	for i := 0; i+1 < len(n.Content); i += 2 {
		if m := e.set(known, n.Content[i], n.Content[i+1]); m.text != "" {
			wrong = append(wrong, m)
		}
	}
	for _, m := range wrong {
		r.problems = append(r.problems, e.problem(m.line, m.text))
	}
	return e
}

// mistake is one in the form of an entry; without a text it is none.
type mistake struct {
	line int
	text string
}

// set takes the value of a key.
func (e entry) set(known []variable, key, value *yaml.Node) mistake {
	name := syncPrefix + strings.ToUpper(key.Value)
	_, twice := e.values[name]
	switch {
	case !isKey(known, key):
		return mistake{key.Line, unknownKey(known, key.Value)}
	case twice:
		return mistake{key.Line, key.Value + " twice"}
	case !isText(value):
		return mistake{value.Line, fmt.Sprintf("%s: want a text here, not %s", key.Value, describe(value))}
	}
	e.values[name], e.lines[name] = textOf(value), key.Line
	return mistake{}
}

// isKey reports whether a node is the key of a variable.
func isKey(known []variable, key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Anchor == "" &&
		slices.ContainsFunc(known, func(v variable) bool { return keyOf(v.name) == key.Value })
}

// unknownKey says which key may have been meant. What no key looks like may be part of
// a value, and is not repeated.
func unknownKey(known []variable, key string) string {
	if key == "" || len(key) > maxQuoted || !onlyNameBytes(key, "_-.") {
		return "want the name of a variable in lower case for a key"
	}
	name := syncPrefix + strings.TrimPrefix(strings.ToUpper(key), syncPrefix)
	return fmt.Sprintf("%s is not a known key; the nearest known one is %s", key, keyOf(nearest(known, name)))
}

// isText reports whether a node is a text, a number, or nothing.
func isText(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Anchor == "" }

func textOf(n *yaml.Node) string {
	if n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// describe names what a node is, for people.
func describe(n *yaml.Node) string {
	switch {
	case n == nil || n.Tag == "!!null":
		return "nothing"
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return "an alias or an anchor; put a text that begins with * or & in quotes"
	case n.Kind == yaml.MappingNode:
		return "keys with values; put a text that begins with { in quotes"
	case n.Kind == yaml.SequenceNode:
		return "a list; write several names as one text, with commas between them"
	default:
		return "a text"
	}
}
