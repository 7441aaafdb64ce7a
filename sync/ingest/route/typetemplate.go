package route

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// TypeTemplate makes the type of an event from the names of its table: text with
// the placeholders {schema} and {table}. The names stand in it as they are.
type TypeTemplate struct {
	text   string
	pieces []piece
}

// ParseTypeTemplate reads a template of a type.
func ParseTypeTemplate(text string) (*TypeTemplate, error) {
	switch {
	case text == "":
		return nil, errors.New("empty")
	case len(text) > maxTemplate:
		return nil, fmt.Errorf("longer than %d bytes", maxTemplate)
	case strings.ContainsFunc(text, unicode.IsControl):
		return nil, errors.New("a control character")
	}
	s, err := newScanner(text)
	if err != nil {
		return nil, err
	}
	t := &TypeTemplate{text: text}
	for !s.done() {
		p, err := s.typePiece()
		if err != nil {
			return nil, err
		}
		t.pieces = append(t.pieces, p)
	}
	return t, nil
}

func (s *scanner) typePiece() (piece, error) {
	start := s.at
	if s.take('{') {
		k, _, err := s.placeholder()
		if err == nil && k != schemaName && k != tableName {
			s.at = start
			err = s.failed("a type may have {schema} and {table} only: all rows of a table have one type")
		}
		return piece{kind: k}, err
	}
	text := s.text[s.at:]
	if i := strings.IndexAny(text, "{}"); i >= 0 {
		text = text[:i]
	}
	if text == "" {
		return piece{}, s.failed("a } without a { before it")
	}
	s.at += len(text)
	return piece{literal: text}, nil
}

// Type is the type of the events of a table. Call it once for a table, not for a
// row.
func (t *TypeTemplate) Type(schema, table string) string {
	var b strings.Builder
	for _, p := range t.pieces {
		switch p.kind {
		case schemaName:
			b.WriteString(schema)
		case tableName:
			b.WriteString(table)
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String()
}

// String is the template as it was written.
func (t *TypeTemplate) String() string { return t.text }
