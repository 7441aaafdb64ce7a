package pgjson

import "bytes"

// maxDimensions is Postgres' own limit on the depth of an array.
const maxDimensions = 6

// arrayReader walks the text of an array:
//
//	array  =  [ bounds "=" ] list
//	list   =  "{" [ member { delimiter member } ] "}"
//	member =  list | quoted | NULL | bare
//
// Bounds such as [0:1][-2:3] are dropped: JSON arrays begin at zero.
type arrayReader struct {
	rest []byte
	typ  *Type
}

func appendArray(dst []byte, t *Type, text []byte) ([]byte, error) {
	if len(text) > 0 && text[0] == '[' {
		_, text, _ = bytes.Cut(text, []byte("="))
	}
	r := arrayReader{rest: text, typ: t}
	dst, err := r.list(dst, 1)
	if err != nil {
		return dst, err
	}
	if len(r.rest) > 0 {
		return dst, ErrMalformed
	}
	return dst, nil
}

func (r *arrayReader) list(dst []byte, depth int) ([]byte, error) {
	if depth > maxDimensions || !r.take('{') {
		return dst, ErrMalformed
	}
	dst = append(dst, '[')
	if r.take('}') {
		return append(dst, ']'), nil
	}
	for {
		var err error
		if dst, err = r.member(dst, depth); err != nil {
			return dst, err
		}
		switch {
		case r.take(r.typ.delim):
			dst = append(dst, ',')
		case r.take('}'):
			return append(dst, ']'), nil
		default:
			return dst, ErrMalformed
		}
	}
}

func (r *arrayReader) member(dst []byte, depth int) ([]byte, error) {
	switch {
	case len(r.rest) == 0:
		return dst, ErrMalformed
	case r.rest[0] == '{':
		return r.list(dst, depth+1)
	case r.rest[0] == '"':
		member, rest, ok := cutQuoted(r.rest, false)
		if !ok {
			return dst, ErrMalformed
		}
		r.rest = rest
		return member.encode(dst, r.typ.elem)
	default:
		return r.bare(dst)
	}
}

// bare takes a member without quotes. Postgres quotes the text NULL, so the
// bare word is SQL NULL, and it quotes the empty text.
func (r *arrayReader) bare(dst []byte) ([]byte, error) {
	end := 0
	for end < len(r.rest) && r.rest[end] != r.typ.delim && r.rest[end] != '}' {
		if c := r.rest[end]; c == '"' || c == '\\' || c == '{' {
			return dst, ErrMalformed
		}
		end++
	}
	word := r.rest[:end]
	r.rest = r.rest[end:]
	switch string(word) {
	case "":
		return dst, ErrMalformed
	case "NULL":
		return append(dst, "null"...), nil
	default:
		return appendValue(dst, r.typ.elem, word)
	}
}

// take steps over c if it comes next.
func (r *arrayReader) take(c byte) bool {
	if len(r.rest) == 0 || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}
