package source

import (
	"errors"
	"strings"
)

// splitWords splits a command line into words as a shell would, and does
// nothing else that a shell does: single quotes keep everything, double quotes
// keep all but backslash escapes of `"` and `\`, a bare backslash keeps the
// next character.
func splitWords(line string) ([]string, error) {
	var words []string
	rest := strings.TrimLeft(line, blanks)
	for rest != "" {
		word, after, err := firstWord(rest)
		if err != nil {
			return nil, err
		}
		words = append(words, word)
		rest = strings.TrimLeft(after, blanks)
	}
	if len(words) == 0 {
		return nil, errors.New("no command given")
	}
	return words, nil
}

const blanks = " \t\r\n"

// firstWord reads one word from the start of s and returns what follows it.
func firstWord(s string) (word, rest string, err error) {
	var b strings.Builder
	var open byte // the quote we are in, 0 outside
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case open == 0 && strings.IndexByte(blanks, c) >= 0:
			return b.String(), s[i:], nil
		case c == '\\' && open != '\'':
			i++
			if i == len(s) {
				return "", "", errors.New("backslash at the end of the command")
			}
			if open == '"' && s[i] != '"' && s[i] != '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(s[i])
		case c == open && open != 0:
			open = 0
		case open == 0 && (c == '\'' || c == '"'):
			open = c
		default:
			b.WriteByte(c)
		}
	}
	if open != 0 {
		return "", "", errors.New("quote without an end in the command")
	}
	return b.String(), "", nil
}
