package pgjson

// appendComposite writes a row as an object. The stream can be behind or ahead
// of the catalogue that the type was built from, so a row that does not fit its
// attributes is no error: it becomes a string, as it would without object mode.
func appendComposite(dst []byte, t *Type, text []byte) ([]byte, error) {
	out, err := appendObject(dst, t, text)
	if err != nil {
		return AppendString(dst, text)
	}
	return out, nil
}

// appendObject reads
//
//	row    =  "(" member { "," member } ")"
//	member =  quoted | bare | nothing, which is NULL
//
// with as many members as t has attributes; () is also the row without any.
func appendObject(dst []byte, t *Type, text []byte) ([]byte, error) {
	if len(text) < 2 || text[0] != '(' || text[len(text)-1] != ')' {
		return dst, ErrMalformed
	}
	rest := text[1 : len(text)-1]
	dst = append(dst, '{')
	for i, a := range t.attrs {
		if i > 0 {
			if len(rest) == 0 || rest[0] != ',' {
				return dst, ErrMalformed
			}
			rest = rest[1:]
			dst = append(dst, ',')
		}
		dst = append(dst, a.label...)
		var err error
		if dst, rest, err = appendMember(dst, a.typ, rest); err != nil {
			return dst, err
		}
	}
	if len(rest) > 0 {
		return dst, ErrMalformed
	}
	return append(dst, '}'), nil
}

// appendMember encodes the member that text begins with and returns what
// follows it.
func appendMember(dst []byte, t *Type, text []byte) (out, rest []byte, err error) {
	if len(text) > 0 && text[0] == '"' {
		member, rest, ok := cutQuoted(text, true)
		if !ok {
			return dst, nil, ErrMalformed
		}
		out, err = member.encode(dst, t)
		return out, rest, err
	}
	end := 0
	for end < len(text) && text[end] != ',' {
		if c := text[end]; c == '"' || c == '\\' || c == '(' || c == ')' {
			return dst, nil, ErrMalformed
		}
		end++
	}
	if end == 0 {
		return append(dst, "null"...), text, nil
	}
	out, err = appendValue(dst, t, text[:end])
	return out, text[end:], err
}
