package limits

import (
	"fmt"
	"strings"
)

// unescape decodes the percent escapes of a path into a canonical name. An
// escaped percent sign and an escaped slash stay escaped, in upper case, so
// that a plain slash always parts two segments.
func unescape(path string) (string, error) {
	i := strings.IndexByte(path, '%')
	if i < 0 {
		return path, nil
	}
	var b strings.Builder
	b.Grow(len(path)) // no escape becomes longer
	b.WriteString(path[:i])
	for ; i < len(path); i++ {
		if path[i] != '%' {
			b.WriteByte(path[i])
			continue
		}
		c, ok := unhex(path[i+1:])
		if !ok {
			return "", &NameError{NameBadEscape, fmt.Sprintf(
				"the percent sign at byte %d of the stream name is not followed by two hexadecimal digits; write a plain one as %%25", i+1)}
		}
		writeDecoded(&b, c)
		i += 2
	}
	return b.String(), nil
}

func writeDecoded(b *strings.Builder, c byte) {
	switch c {
	case '%':
		b.WriteString("%25")
	case '/':
		b.WriteString("%2F")
	default:
		b.WriteByte(c)
	}
}

// escape writes a canonical name as a URL path. Percent signs and slashes of
// the name mean the same in the path.
func escape(name string) string {
	const hex = "0123456789ABCDEF"
	i := 0
	for i < len(name) && isPlain(name[i]) {
		i++
	}
	if i == len(name) {
		return name
	}
	var b strings.Builder
	b.Grow(len(name) + 16)
	b.WriteString(name[:i])
	for ; i < len(name); i++ {
		c := name[i]
		if isPlain(c) {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// isPlain reports whether a byte of a canonical name stands for itself in a URL
// path. RFC 3986 would let a few marks more stand there; they are rare in names,
// and software between client and server does not agree on them.
func isPlain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_.~:@/%", c) >= 0
}

// unhex reads the two hexadecimal digits that s must begin with.
func unhex(s string) (c byte, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	high, ok1 := nibble(s[0])
	low, ok2 := nibble(s[1])
	return high<<4 | low, ok1 && ok2
}

func nibble(c byte) (n byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
