package pgjson

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

func appendBool(dst, text []byte) ([]byte, error) {
	switch string(text) {
	case "t":
		return append(dst, "true"...), nil
	case "f":
		return append(dst, "false"...), nil
	default:
		return dst, ErrMalformed
	}
}

// appendNumber keeps the digits as Postgres wrote them. The three values that
// JSON has no number for become strings.
func appendNumber(dst, text []byte) ([]byte, error) {
	if isNumber(text) {
		return append(dst, text...), nil
	}
	switch string(text) {
	case "NaN", "Infinity", "-Infinity":
		return appendPlain(dst, text), nil
	default:
		return dst, ErrMalformed
	}
}

// isNumber reports whether text is a number as JSON writes it.
func isNumber(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("-"))
	whole := countDigits(text)
	if whole == 0 || (whole > 1 && text[0] == '0') {
		return false
	}
	text = text[whole:]
	if len(text) > 0 && text[0] == '.' {
		fraction := countDigits(text[1:])
		if fraction == 0 {
			return false
		}
		text = text[1+fraction:]
	}
	return len(text) == 0 || isExponent(text)
}

func isExponent(text []byte) bool {
	if text[0] != 'e' && text[0] != 'E' {
		return false
	}
	text = text[1:]
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	return len(text) > 0 && countDigits(text) == len(text)
}

// countDigits gives the length of the run of digits that text begins with.
func countDigits(text []byte) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

// appendJSON keeps the value's spelling: long numbers, 1.0 and repeated members
// survive. Line breaks go, since framing may be by line; in valid JSON they
// stand between tokens only, and never keep two tokens apart on their own.
//
// Postgres has checked the value already. It is checked again because one bad
// value would spoil the whole append that carries it.
func appendJSON(dst, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return dst, ErrEncoding
	}
	if !json.Valid(text) {
		return dst, ErrMalformed
	}
	for {
		end := bytes.IndexAny(text, "\n\r")
		if end < 0 {
			return append(dst, text...), nil
		}
		dst = append(dst, text[:end]...)
		text = text[end+1:]
	}
}

// appendVector checks pgvector's text, which is JSON already: [1,2.5,-3e-05].
func appendVector(dst, text []byte) ([]byte, error) {
	inner, closed := bytes.CutSuffix(text, []byte("]"))
	inner, opened := bytes.CutPrefix(inner, []byte("["))
	if !opened || !closed {
		return dst, ErrMalformed
	}
	for more := len(inner) > 0; more; {
		var number []byte
		number, inner, more = bytes.Cut(inner, []byte(","))
		if !isNumber(number) {
			return dst, ErrMalformed
		}
	}
	return append(dst, text...), nil
}
