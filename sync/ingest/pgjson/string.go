package pgjson

import (
	"encoding/binary"
	"unicode/utf8"
)

// AppendString appends text as a JSON string. Only what JSON demands is
// escaped, in the same spelling as Postgres' own to_jsonb. Text that is not
// UTF-8 is ErrEncoding, and dst comes back as it was.
func AppendString(dst, text []byte) ([]byte, error) {
	plain := plainPrefix(text)
	if !utf8.Valid(text[plain:]) {
		return dst, ErrEncoding
	}
	dst = append(dst, '"')
	start := 0
	for i := plain; i < len(text); i++ {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[start:i]...)
		dst = appendEscape(dst, c)
		start = i + 1
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"'), nil
}

// plainPrefix is how many bytes of text, from its beginning on, are ASCII that needs no
// escape. It looks at eight bytes at a time and stops before the first eight that are
// not, so what follows may be plain, too.
func plainPrefix(text []byte) int {
	const (
		each = 0x0101010101010101
		high = 0x80 * each
	)
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		// Of a byte that is not plain the high bit is set in one of these: as it is,
		// by the borrow of what is below a space, and by that of what differs in
		// nothing. A borrow can only lead to others being taken for such, too.
		odd := w | (w - ' '*each) | (w ^ '"'*each - each) | (w ^ '\\'*each - each)
		if odd&high != 0 {
			break
		}
	}
	return i
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
}

// appendPlain appends text that is known to need no escape.
func appendPlain(dst, text []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}
