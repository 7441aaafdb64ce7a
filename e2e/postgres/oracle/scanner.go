package oracle

import (
	"fmt"
	"strings"
)

// scanner reads a record from left to right.
type scanner struct{ rest string }

func (s *scanner) skip(literal string) bool {
	rest, found := strings.CutPrefix(s.rest, literal)
	if found {
		s.rest = rest
	}
	return found
}

func (s *scanner) expected(what string) error {
	return fmt.Errorf("got %.40q, want %s", s.rest, what)
}

func (s *scanner) table() (t Table, err error) {
	if t.Schema, err = s.identifier("."); err != nil {
		return t, err
	}
	if !s.skip(".") {
		return t, s.expected("a table in its schema")
	}
	t.Name, err = s.identifier(":,")
	return t, err
}

// row reads columns to the end of the tuple. A tuple that was not logged at all is
// nil.
func (s *scanner) row() (Row, error) {
	if s.skip(" (no-tuple-data)") {
		return nil, nil
	}
	var row Row
	for strings.HasPrefix(s.rest, " ") && !strings.HasPrefix(s.rest, " new-tuple:") {
		s.skip(" ")
		c, err := s.column()
		if err != nil {
			return nil, err
		}
		row = append(row, c)
	}
	return row, nil
}

// column reads name[type]:value.
func (s *scanner) column() (c Column, err error) {
	if c.Name, err = s.identifier("["); err != nil {
		return c, err
	}
	if !s.skip("[") {
		return c, s.expected("a type")
	}
	if c.Type, err = s.typeName(); err != nil {
		return c, err
	}
	return c, s.value(&c)
}

// identifier reads a name, quoted or up to one of the bytes in stop.
func (s *scanner) identifier(stop string) (string, error) {
	if s.skip(`"`) {
		return s.quoted('"')
	}
	end := strings.IndexAny(s.rest, stop)
	if end <= 0 {
		return "", s.expected("a name")
	}
	name := s.rest[:end]
	s.rest = s.rest[end:]
	return name, nil
}

// quoted reads to the closing quote; a doubled one stands for itself.
func (s *scanner) quoted(quote byte) (string, error) {
	var text strings.Builder
	for {
		end := strings.IndexByte(s.rest, quote)
		if end < 0 {
			return "", s.expected("a closing quote")
		}
		text.WriteString(s.rest[:end])
		s.rest = s.rest[end+1:]
		if !s.skip(string(quote)) {
			return text.String(), nil
		}
		text.WriteByte(quote)
	}
}

// typeName reads to "]:", which can be part of the name only inside quotes. A type
// name ends with brackets of its own when it is an array's.
func (s *scanner) typeName() (string, error) {
	inQuotes := false
	for i := range len(s.rest) {
		switch {
		case s.rest[i] == '"':
			inQuotes = !inQuotes
		case !inQuotes && strings.HasPrefix(s.rest[i:], "]:"):
			name := s.rest[:i]
			s.rest = s.rest[i+2:]
			return name, nil
		}
	}
	return "", s.expected("the end of a type name")
}

func (s *scanner) value(c *Column) (err error) {
	switch {
	case s.skip("'"), s.skip("B'"):
		c.Text, err = s.quoted('\'')
		return err
	}
	end := strings.IndexByte(s.rest, ' ')
	if end < 0 {
		end = len(s.rest)
	}
	if end == 0 {
		return s.expected("a value")
	}
	text := s.rest[:end]
	s.rest = s.rest[end:]
	switch text {
	case "null":
		c.Null = true
	case "unchanged-toast-datum":
		c.Unchanged = true
	default:
		c.Text = text
	}
	return nil
}
