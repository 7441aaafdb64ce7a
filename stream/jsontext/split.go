package jsontext

import (
	"bytes"
	"slices"
)

// whitespace is what JSON allows between tokens; no other space is.
const whitespace = " \t\r\n"

// Split checks that body is one JSON text in UTF-8 and appends its messages to
// dst, each followed by a comma. A top-level array is taken apart, one level
// deep; any other value is one message. It returns the extended slice and the
// number of messages, which is 0 for an empty array.
//
// body is not kept. Every error is an *Error, and dst is then returned as it
// was.
func Split(dst, body []byte) (out []byte, n int, err error) {
	if err := check(body); err != nil {
		return dst, 0, err
	}
	body = bytes.Trim(body, whitespace)
	out = slices.Grow(dst, len(body)+1) // at most one comma more than body has
	if body[0] != '[' {
		return appendMessage(out, body), 1, nil
	}
	elements := bytes.Trim(body[1:len(body)-1], whitespace)
	if len(elements) == 0 {
		return out, 0, nil
	}
	for {
		n++
		end := valueEnd(elements)
		if end < 0 {
			return appendMessage(out, elements), n, nil
		}
		out = appendMessage(out, elements[:end])
		elements = elements[end+1:]
	}
}

func appendMessage(dst, value []byte) []byte {
	dst = append(dst, bytes.Trim(value, whitespace)...)
	return append(dst, ',')
}
