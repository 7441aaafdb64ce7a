package route

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// Bounds of a routes file: its bytes, and its entries, since each table is held
// against all of them.
const (
	maxFile   = 1 << 20
	maxRoutes = 1000
)

// ParseRoutes reads a routes file, which is YAML:
//
//	tables:
//	  - table: public.orders               # or a pattern, without !
//	    template: users/{column:user_id}/orders
//	    type: order
//	    key: [id]
//	    columns: [id, user_id, total, '"Notes"']
//	    where: deleted_at IS NULL
//	    encodings: {total: number}
//	    snapshot: never
//	    no_key: append
//
// Only table has to be there. The first entry that matches a table is the one that
// counts; two with the same pattern are a mistake. Whatever is not in this list is
// one too, and so are anchors and aliases, which nobody needs here. The error is
// a [*RoutesError] with all mistakes.
func ParseRoutes(data []byte) (Routes, error) {
	root, err := parseYAML(data)
	if err != nil {
		return nil, &RoutesError{Mistakes: []string{err.Error()}}
	}
	var r fileReader
	routes := r.file(root)
	if len(r.mistakes) > 0 {
		return nil, &RoutesError{Mistakes: r.mistakes}
	}
	return routes, nil
}

// parseYAML returns what the only document of a file holds, or nil if that is
// nothing.
func parseYAML(data []byte) (*yaml.Node, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("line 1: the file is longer than %d bytes", maxFile)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, oneLine(err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("line 1: the file has several documents, want one")
	}
	return doc.Content[0], nil
}

// oneLine is the parser's complaint, which repeats parts of the file as they are.
func oneLine(err error) error {
	const longest = 200
	text := err.Error()
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return fmt.Errorf("read YAML: %+q", text)
}

// fileReader turns the nodes of a file into routes and collects what is wrong.
type fileReader struct {
	mistakes []string
}

// wrong notes a mistake at a node.
func (r *fileReader) wrong(at *yaml.Node, format string, args ...any) {
	r.mistakes = append(r.mistakes, fmt.Sprintf("line %d: %s", at.Line, fmt.Sprintf(format, args...)))
}

func (r *fileReader) file(root *yaml.Node) Routes {
	if root == nil || root.Tag == "!!null" {
		return nil
	}
	var routes Routes
	r.fields(root, map[string]func(*yaml.Node){
		"tables": func(n *yaml.Node) { routes = r.routes(n) },
	})
	return routes
}

func (r *fileReader) routes(list *yaml.Node) Routes {
	items := r.list(list)
	if len(items) > maxRoutes {
		r.wrong(list, "more than %d tables", maxRoutes)
		return nil
	}
	var routes Routes
	lines := map[string]int{}
	for _, item := range items {
		route := r.route(item)
		routes = append(routes, route)

		name := route.Tables.String()
		if before, twice := lines[name]; twice && name != "" {
			r.wrong(item, "%s was there before, in line %d", quote(name), before)
		}
		lines[name] = item.Line
	}
	return routes
}
