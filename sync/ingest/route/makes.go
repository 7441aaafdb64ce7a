package route

import (
	"bytes"
	"strings"
)

// Makes reports whether a name is one that the template makes for rows of a table. A
// name that begins with [Template.Prefix] may also be one of another table.
func (t *Template) Makes(name, schema, table string) bool {
	segments := strings.Split(name, "/")
	if len(segments) != len(t.segments) {
		return false
	}
	row := Row{Schema: schema, Table: table}
	for i, text := range segments {
		if !t.segments[i].makes(reserve(text, i == 0), &row) {
			return false
		}
	}
	return true
}

// reserve is a segment as it was before unreserve.
func reserve(segment string, first bool) []byte {
	for _, s := range []string{".", "..", reserved} {
		if segment != s && segment == string(unreserve([]byte(s), 0, first)) {
			return []byte(s)
		}
	}
	return []byte(segment)
}

// makes reports whether the pieces make a text from the table's names and some values.
func (seg segment) makes(text []byte, row *Row) bool {
	for i, p := range seg {
		n := 0
		switch {
		case p.kind != rowKey && p.kind != columnValue:
			own := p.append(nil, row)
			if !bytes.HasPrefix(text, own) {
				return false
			}
			n = len(own)
		case p.stop != 0:
			n = bytes.IndexByte(text, p.stop) // no value has it
		default:
			n = len(text) - seg[i+1:].literals() // no placeholder follows
		}
		if n <= 0 {
			return false
		}
		text = text[n:]
	}
	return len(text) == 0
}

// literals is the length of the text between placeholders.
func (seg segment) literals() int {
	n := 0
	for _, p := range seg {
		n += len(p.literal)
	}
	return n
}
