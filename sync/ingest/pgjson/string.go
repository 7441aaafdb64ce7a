package pgjson

import "unicode/utf8"

// AppendString appends text as a JSON string. Only what JSON demands is
// escaped, in the same spelling as Postgres' own to_jsonb. Text that is not
// UTF-8 is ErrEncoding, and dst comes back as it was.
func AppendString(dst, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return dst, ErrEncoding
	}
	dst = append(dst, '"')
	start := 0
	for i, c := range text {
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
