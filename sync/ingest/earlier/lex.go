package earlier

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// What is here finds where JSON values end. It accepts all valid JSON, and much that
// is not: it sees strings and the depth of brackets, and not which bracket closes
// which. All functions return -1 if the data ends, or breaks, before the value does.

// A class says what a byte means outside of strings.
type class uint8

const (
	plain class = iota
	quote
	opening
	closing
	comma
	space
)

var classes = [256]class{
	'"': quote, '{': opening, '[': opening, '}': closing, ']': closing, ',': comma,
	' ': space, '\t': space, '\n': space, '\r': space,
}

func skipSpace(d []byte, i int) int {
	for i < len(d) && classes[d[i]] == space {
		i++
	}
	return i
}

// skipString returns the index behind the string whose opening quote is at i.
func skipString(d []byte, i int) int {
	i++
	for {
		n := bytes.IndexByte(d[i:], '"')
		if n < 0 {
			return -1
		}
		i += n + 1
		if !escaped(d, i-1) {
			return i
		}
	}
}

// escaped reports whether an odd number of backslashes stands before i. The opening
// quote of the string ends the count.
func escaped(d []byte, i int) bool {
	n := 0
	for d[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// skipNested returns the index behind the object or array that begins at i.
func skipNested(d []byte, i int) int {
	depth := 0
	for i < len(d) {
		switch classes[d[i]] {
		case quote:
			if i = skipString(d, i); i < 0 {
				return -1
			}
			continue
		case opening:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}

// skipScalar returns the index behind the number or word that begins at i. What
// follows it has to be there, or it might go on.
func skipScalar(d []byte, i int) int {
	for j := i; j < len(d); j++ {
		if classes[d[j]] != plain {
			if j == i {
				return -1
			}
			return j
		}
	}
	return -1
}

func skipValue(d []byte, i int) int {
	if i >= len(d) {
		return -1
	}
	switch classes[d[i]] {
	case quote:
		return skipString(d, i)
	case opening:
		return skipNested(d, i)
	default:
		return skipScalar(d, i)
	}
}

// skipMember returns where the value of the member lies whose name begins at i.
func skipMember(d []byte, i int) (nameEnd, from, to int) {
	if i >= len(d) || d[i] != '"' {
		return -1, -1, -1
	}
	nameEnd = skipString(d, i)
	if nameEnd < 0 {
		return -1, -1, -1
	}
	colon := skipSpace(d, nameEnd)
	if colon >= len(d) || d[colon] != ':' {
		return -1, -1, -1
	}
	from = skipSpace(d, colon+1)
	return nameEnd, from, skipValue(d, from)
}

// members calls f with each member of the object that begins at i, name and value as
// they are written, and returns the index behind the object.
func members(d []byte, i int, f func(name, value []byte)) int {
	if i = skipSpace(d, i+1); i < len(d) && d[i] == '}' {
		return i + 1
	}
	for {
		nameEnd, from, to := skipMember(d, i)
		if to < 0 {
			return -1
		}
		f(d[i:nameEnd], d[from:to])
		i = skipSpace(d, to)
		switch {
		case i < len(d) && d[i] == '}':
			return i + 1
		case i >= len(d) || d[i] != ',':
			return -1
		}
		i = skipSpace(d, i+1)
	}
}

// text returns what a string says. It aliases raw where nothing is escaped. Whatever
// is not a string gives false.
func text(raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return nil, false
	}
	body := raw[1 : len(raw)-1]
	if bytes.IndexByte(body, '\\') < 0 && utf8.Valid(body) {
		return body, true
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil, false
	}
	return []byte(s), true
}

// says reports whether a name or string, as it is written, says a word.
func says(raw []byte, word string) bool {
	if bytes.IndexByte(raw, '\\') < 0 {
		return len(raw) == len(word)+2 && string(raw[1:len(raw)-1]) == word
	}
	s, ok := text(raw)
	return ok && string(s) == word
}
