package route

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxTemplate bounds a template, in bytes.
const maxTemplate = 1024

// reserved is the first segment of a stream's name that the protocol keeps for
// itself.
const reserved = "__ds"

// Template makes the name of a stream from a row. It is text with placeholders:
//
//	{schema}, {table}  the table's names, as the catalogue has them
//	{column:NAME}      the text of one column; NAME as in SQL: "Id" needs its quotes
//	{key}              the key of the row
//
// Slashes of the text part segments; a slash in a value does not. Rows with other
// values have other streams, so the text between two placeholders of one segment
// must begin with a mark such as - or . that keeps them apart.
//
// A value stands in its segment as it is, so its URL is what encodeURIComponent
// makes of it, apart from those that could not be part of a name, or would be
// taken for another value. Those begin with a percent sign:
//
//	%null      NULL
//	%empty     a value without characters
//	%...       a value that begins with a percent sign, has control characters or
//	           is not UTF-8, or has the mark that ends it: behind the percent
//	           sign comes the value with those bytes, and every percent sign, as
//	           % and two upper-case hexadecimal digits
//
// A segment that would be ".", "..", or, as the first, "__ds", has its first byte
// written in that way. These rules are part of the format of stored data.
type Template struct {
	text     string
	segments []segment
	columns  []string
	perRow   bool
}

// segment is one part of the name between slashes, never empty.
type segment []piece

// piece is text or a placeholder.
type piece struct {
	kind    kind
	literal string // of text: in canonical form, as it stands in the name
	column  int    // of a column: index in Template.columns
	stop    byte   // of a placeholder: the mark that ends it, 0 at the segment's end
}

type kind uint8

const (
	literal kind = iota
	schemaName
	tableName
	columnValue
	rowKey
)

// ParseTemplate reads a template of a stream's name.
func ParseTemplate(text string) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("longer than %d bytes", maxTemplate)
	}
	s, err := newScanner(text)
	if err != nil {
		return nil, err
	}
	t := &Template{text: text}
	for more := true; more; more = s.take('/') {
		start := s.at
		seg, err := t.segment(s)
		if err != nil {
			return nil, err
		}
		if err := seg.check(len(t.segments) == 0); err != nil {
			s.at = start
			return nil, s.failed("%w", err)
		}
		t.segments = append(t.segments, seg)
	}
	return t, nil
}

// segment reads up to the next slash or the end.
func (t *Template) segment(s *scanner) (segment, error) {
	var seg segment
	for !s.done() && s.text[s.at] != '/' {
		p, err := t.piece(s)
		if err != nil {
			return nil, err
		}
		seg = append(seg, p)
	}
	for i := range seg[:max(len(seg)-1, 0)] {
		if seg[i].kind != literal && seg[i+1].kind == literal {
			seg[i].stop = seg[i+1].literal[0]
		}
	}
	// Only a placeholder that another one follows needs a mark at its end.
	for i := len(seg) - 1; i >= 0; i-- {
		if seg[i].kind != literal {
			seg[i].stop = 0
			break
		}
	}
	return seg, nil
}

func (t *Template) piece(s *scanner) (piece, error) {
	if !s.take('{') {
		text := s.text[s.at:]
		if i := strings.IndexAny(text, "{}/"); i >= 0 {
			text = text[:i]
		}
		if text == "" {
			return piece{}, s.failed("a } without a { before it")
		}
		if strings.ContainsFunc(text, unicode.IsControl) {
			return piece{}, s.failed("a control character")
		}
		s.at += len(text)
		return piece{literal: strings.ReplaceAll(text, "%", "%25")}, nil
	}
	k, name, err := s.placeholder()
	if err != nil {
		return piece{}, err
	}
	t.perRow = t.perRow || k == columnValue || k == rowKey
	if k != columnValue {
		return piece{kind: k}, nil
	}
	i := slices.Index(t.columns, name)
	if i < 0 {
		i = len(t.columns)
		t.columns = append(t.columns, name)
	}
	return piece{kind: k, column: i}, nil
}

// placeholder reads a placeholder after its opening brace.
func (s *scanner) placeholder() (k kind, column string, err error) {
	start := s.at - 1
	word := s.text[s.at:]
	if i := strings.IndexAny(word, ":}"); i >= 0 {
		word = word[:i]
	}
	s.at += len(word)
	switch word {
	case "schema":
		k = schemaName
	case "table":
		k = tableName
	case "key":
		k = rowKey
	case "column":
		k = columnValue
		if !s.take(':') {
			return 0, "", s.failed("want a colon and the name of a column")
		}
		if column, err = s.name(); err != nil {
			return 0, "", err
		}
	default:
		s.at = start
		return 0, "", s.failed("no placeholder; there are {schema}, {table}, {column:NAME} and {key}")
	}
	if !s.take('}') {
		return 0, "", s.failed("want a } here")
	}
	return k, column, nil
}

// check refuses a segment that no name may have, or that would give two rows one
// name.
func (seg segment) check(first bool) error {
	if len(seg) == 0 {
		return errors.New("an empty segment")
	}
	if text := seg[0].literal; len(seg) == 1 && (text == "." || text == "..") {
		return fmt.Errorf("a segment %q, which names of streams do not have", text)
	} else if len(seg) == 1 && first && text == reserved {
		return fmt.Errorf("the first segment %q, which is reserved", text)
	}
	for i := range seg[1:] {
		left, right := seg[i], seg[i+1]
		if left.kind != literal && right.kind != literal {
			return errors.New("two placeholders with nothing between them, so that other rows could have the same stream; put a mark such as - or / there")
		}
		if left.stop != 0 && !isMark(left.stop) {
			return errors.New("text between two placeholders that begins with none of the marks that keep them apart, such as a dash or a dot")
		}
	}
	return nil
}

// isMark reports whether a byte may end a value. Letters, digits and percent signs
// stand in values that are escaped, too.
func isMark(c byte) bool { return c < 0x80 && !isAlnum(c) && c != '%' }

// Columns are the columns whose values the template needs, in the order in which
// [Row] has them. They have to be known of updates and deletes as well, so they
// must be part of the table's replica identity. The caller must not change them.
func (t *Template) Columns() []string { return t.columns }

// PerRow reports whether rows of one table may have different streams.
func (t *Template) PerRow() bool { return t.perRow }

// PerKey reports whether the template names the key of the row.
func (t *Template) PerKey() bool {
	return slices.ContainsFunc(t.segments, func(s segment) bool {
		return slices.ContainsFunc(s, func(p piece) bool { return p.kind == rowKey })
	})
}

// Segments is the number of parts between slashes that every name has.
func (t *Template) Segments() int { return len(t.segments) }

// String is the template as it was written.
func (t *Template) String() string { return t.text }
