package pgjson

// Arrays, composites and hstores put their members in double quotes. Inside, a
// backslash makes the next byte literal; composites also write a quote twice.

// quoted is the inside of a pair of quotes, borrowed from the text.
type quoted struct {
	body    []byte
	escaped bool // body is not the member's text yet: see unescape
}

// cutQuoted takes a quoted member off the front of text, which begins with the
// opening quote. With doubled, two quotes stand for one. ok is false if the
// closing quote is missing.
func cutQuoted(text []byte, doubled bool) (q quoted, rest []byte, ok bool) {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			q.escaped = true
			i++
		case text[i] != '"':
		case doubled && i+1 < len(text) && text[i+1] == '"':
			q.escaped = true
			i++
		default:
			q.body = text[1:i]
			return q, text[i+1:], true
		}
	}
	return quoted{}, nil, false
}

// encode appends the member. An escaped one needs its text written out first:
// that goes behind dst, the JSON behind it, and the JSON then moves forward over
// it. No buffer is needed, at any depth of nesting.
func (q quoted) encode(dst []byte, t *Type) ([]byte, error) {
	if !q.escaped {
		return appendValue(dst, t, q.body)
	}
	begin := len(dst)
	dst = unescape(dst, q.body)
	end := len(dst)
	out, err := appendValue(dst, t, dst[begin:end])
	if err != nil {
		return dst, err
	}
	return append(out[:begin], out[end:]...), nil
}

// unescape appends the text behind a body that cutQuoted found.
func unescape(dst, body []byte) []byte {
	for i := 0; i < len(body); i++ {
		if (body[i] == '\\' || body[i] == '"') && i+1 < len(body) {
			i++
		}
		dst = append(dst, body[i])
	}
	return dst
}
