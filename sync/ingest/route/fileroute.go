package route

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxWhere bounds a condition, in bytes.
const maxWhere = 8 << 10

// route reads one entry of the file.
func (r *fileReader) route(entry *yaml.Node) Route {
	var route Route
	seen := r.fields(entry, map[string]func(*yaml.Node){
		"table":     func(n *yaml.Node) { route.Tables = parsed(r, n, ParsePattern) },
		"template":  func(n *yaml.Node) { route.Stream = parsed(r, n, ParseTemplate) },
		"type":      func(n *yaml.Node) { route.Type = parsed(r, n, ParseTypeTemplate) },
		"key":       func(n *yaml.Node) { route.Key = r.columns(n) },
		"columns":   func(n *yaml.Node) { route.Columns = r.columns(n) },
		"where":     func(n *yaml.Node) { route.Where = parsed(r, n, parseWhere) },
		"encodings": func(n *yaml.Node) { route.Encodings = r.encodings(n) },
		"snapshot":  func(n *yaml.Node) { route.Snapshot = parsed(r, n, parseSnapshot) },
		"no_key":    func(n *yaml.Node) { route.NoKey = parsed(r, n, parseNoKey) },
	})
	if seen != nil && seen["table"] == nil {
		r.wrong(entry, "an entry without table")
	}
	if at := seen["columns"]; at != nil && len(route.Columns) > 0 {
		r.unsent(at, route)
	}
	return route
}

// unsent notes columns that are needed and not sent.
func (r *fileReader) unsent(at *yaml.Node, route Route) {
	needed := slices.Clone(route.Key)
	if route.Stream != nil {
		needed = append(needed, route.Stream.Columns()...)
	}
	for column := range route.Encodings {
		needed = append(needed, column)
	}
	slices.Sort(needed)
	for _, column := range slices.Compact(needed) {
		if !slices.Contains(route.Columns, column) {
			r.wrong(at, "columns without %s, which this entry needs elsewhere", quote(column))
		}
	}
}

// columns reads a list of names of columns, each once.
func (r *fileReader) columns(list *yaml.Node) []string {
	var columns []string
	items := r.list(list)
	for _, item := range items {
		column := parsed(r, item, parseName)
		if column != "" && slices.Contains(columns, column) {
			r.wrong(item, "the column %s twice", quote(column))
		}
		columns = append(columns, column)
	}
	if list.Kind == yaml.SequenceNode && len(items) == 0 {
		r.wrong(list, "a list without columns; leave it out instead")
	}
	return columns
}

func (r *fileReader) encodings(of *yaml.Node) map[string]Encoding {
	encodings := map[string]Encoding{}
	r.pairs(of, func(key, value *yaml.Node) {
		column := parsed(r, key, parseName)
		if _, twice := encodings[column]; twice && column != "" {
			r.wrong(key, "the column %s twice", quote(column))
		}
		encodings[column] = parsed(r, value, parseEncoding)
	})
	return encodings
}

func parseEncoding(text string) (Encoding, error) {
	return oneOf(text, EncodeString, EncodeNumber, EncodeBase64, EncodeHex, EncodeVerbatim, EncodeObject)
}

func parseSnapshot(text string) (Snapshot, error) {
	return oneOf(text, SnapshotAuto, SnapshotConsistent, SnapshotIncremental, SnapshotNever)
}

func parseNoKey(text string) (NoKey, error) {
	return oneOf(text, NoKeyRefuse, NoKeyAppend, NoKeyHash)
}

func oneOf[T ~string](text string, words ...T) (T, error) {
	if slices.Contains(words, T(text)) {
		return T(text), nil
	}
	list := fmt.Sprint(words)
	return "", errors.New("want one of " + strings.Trim(list, "[]"))
}

// parseWhere takes a condition as it is: only the server can judge it.
func parseWhere(text string) (string, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return "", errors.New("an empty condition; leave it out instead")
	case len(text) > maxWhere:
		return "", fmt.Errorf("longer than %d bytes", maxWhere)
	case strings.ContainsRune(text, 0):
		return "", errors.New("a NUL, which SQL does not have")
	}
	return text, nil
}
