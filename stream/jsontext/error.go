package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The slugs of Error. They are part of the interface to clients and do not
// change.
const (
	Empty   = "json-empty"
	BOM     = "json-byte-order-mark"
	NotUTF8 = "json-not-utf8"
	Invalid = "json-invalid"
)

// Error says why a body is not one JSON text.
type Error struct {
	// Slug is one of the constants above.
	Slug string
	// Detail tells a human what is wrong, and where. It repeats at most one
	// character of the body, quoted.
	Detail string
}

func (e *Error) Error() string { return e.Detail }

// check refuses what is not one JSON text. The byte order mark and a blank body
// are no JSON either, but deserve a plainer answer; UTF-8 is checked because
// JSON text is UTF-8, yet a decoder may let other bytes through in strings.
func check(body []byte) error {
	switch {
	case len(bytes.Trim(body, whitespace)) == 0:
		return &Error{Empty, "the body is empty; send one JSON value, or an array of values"}
	case bytes.HasPrefix(body, []byte("\uFEFF")):
		return &Error{BOM, "the body begins with a byte order mark; send it without"}
	case !utf8.Valid(body):
		return &Error{NotUTF8, fmt.Sprintf("the body is not valid UTF-8 at byte %d; JSON must be sent as UTF-8", invalidAt(body))}
	case !json.Valid(body):
		return &Error{Invalid, "the body is not one valid JSON value: " + reason(body)}
	}
	return nil
}

// reason tells what makes body invalid JSON. It reads all of it a second time,
// which only senders of bad bodies pay for with their answer.
func reason(body []byte) string {
	var raw json.RawMessage
	err := json.Unmarshal(body, &raw)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return "it cannot be parsed"
	}
	return fmt.Sprintf("%s at byte %d", syntax, syntax.Offset)
}

// invalidAt returns where in p, counted from one, the first byte stands that is
// not part of a UTF-8 sequence.
func invalidAt(p []byte) int {
	n := 0
	for {
		r, size := utf8.DecodeRune(p[n:])
		if r == utf8.RuneError && size <= 1 {
			return n + 1
		}
		n += size
	}
}
