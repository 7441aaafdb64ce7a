package route

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxName is the longest name that Postgres has, in bytes. It cuts longer ones, so
// they could not match anything.
const maxName = 63

// maxText bounds every text that is parsed here, in bytes.
const maxText = 64 << 10

// scanner reads names from a text.
type scanner struct {
	text string
	at   int // bytes that have been read
}

func newScanner(text string) (*scanner, error) {
	switch {
	case len(text) > maxText:
		return nil, fmt.Errorf("longer than %d bytes", maxText)
	case !utf8.ValidString(text):
		return nil, errors.New("not valid UTF-8")
	case strings.ContainsRune(text, 0):
		return nil, errors.New("a NUL, which no name has")
	}
	return &scanner{text: text}, nil
}

// failed is an error that says where it happened.
func (s *scanner) failed(format string, args ...any) error {
	return fmt.Errorf("byte %d: %w", s.at+1, fmt.Errorf(format, args...))
}

// take skips c if it comes next.
func (s *scanner) take(c byte) bool {
	if s.at == len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) skipSpaces() {
	for s.take(' ') || s.take('\t') || s.take('\n') || s.take('\r') {
	}
}

func (s *scanner) done() bool { return s.at == len(s.text) }

// name reads one name without wildcards.
func (s *scanner) name() (string, error) {
	start := s.at
	g, err := s.glob()
	if err != nil {
		return "", err
	}
	if len(g) > 1 {
		s.at = start
		return "", s.failed("a wildcard, where one name is wanted")
	}
	return g[0], nil
}

// glob reads one name, which may have wildcards outside quotes.
func (s *scanner) glob() (glob, error) {
	if s.take('"') {
		name, err := s.quoted()
		return glob{name}, err
	}
	start := s.at
	for !s.done() && (isPlain(s.text[s.at]) || s.text[s.at] == '*') {
		s.at++
	}
	name := foldASCII(s.text[start:s.at])
	switch {
	case name == "" && s.done():
		return nil, s.failed("want a name, and nothing follows")
	case name == "":
		return nil, s.failed("want a name; one with other characters than letters, digits, _ and $ needs double quotes")
	case len(strings.ReplaceAll(name, "*", "")) > maxName:
		s.at = start
		return nil, s.failed("a name longer than %d bytes", maxName)
	}
	return strings.Split(name, "*"), nil
}

// quoted reads a name after its opening quote.
func (s *scanner) quoted() (string, error) {
	start := s.at
	var name strings.Builder
	for {
		i := strings.IndexByte(s.text[s.at:], '"')
		if i < 0 {
			s.at = start - 1
			return "", s.failed("a double quote that is not closed")
		}
		name.WriteString(s.text[s.at : s.at+i])
		s.at += i + 1
		if !s.take('"') {
			break
		}
		name.WriteByte('"')
	}
	switch {
	case name.Len() == 0:
		s.at = start - 1
		return "", s.failed("an empty name")
	case name.Len() > maxName:
		s.at = start - 1
		return "", s.failed("a name longer than %d bytes", maxName)
	}
	return name.String(), nil
}

// isPlain reports whether a byte may stand in a name without quotes.
func isPlain(c byte) bool { return isAlnum(c) || c == '_' || c == '$' || c >= utf8.RuneSelf }

func isAlnum(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

// foldASCII folds as Postgres does in a database of UTF-8, which leaves letters
// outside ASCII alone.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// ParseNames reads names separated by commas, such as those of publications.
func ParseNames(list string) ([]string, error) {
	s, err := newScanner(list)
	if err != nil {
		return nil, err
	}
	var names []string
	for {
		s.skipSpaces()
		name, err := s.name()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		s.skipSpaces()
		if s.done() {
			return names, nil
		}
		if !s.take(',') {
			return nil, s.failed("want a comma between names")
		}
	}
}

// parseName reads a text that is one name.
func parseName(text string) (string, error) {
	names, err := ParseNames(text)
	if err != nil {
		return "", err
	}
	if len(names) > 1 {
		return "", errors.New("several names, where one is wanted")
	}
	return names[0], nil
}

// quoteName writes a name so that it is read back as it is.
func quoteName(name string) string {
	plain := name != "" && name == foldASCII(name)
	for i := 0; plain && i < len(name); i++ {
		plain = isPlain(name[i])
	}
	if plain {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
