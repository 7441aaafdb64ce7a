package route

import (
	"unicode"
	"unicode/utf8"
)

// Row is what a template takes from a row. The slices are only read.
type Row struct {
	// Schema and Table are the names of the row's table.
	Schema, Table string
	// Key is the key of the row; it may be nil if the template has no {key}.
	Key []byte
	// Columns are the texts of the columns that [Template.Columns] lists, in that
	// order. nil is NULL, which a slice without elements is not.
	Columns [][]byte
}

// Append appends the name of the row's stream to dst, in the canonical form that
// limits.Names returns: valid there in everything but its length, which depends on
// the values. It allocates only to make room.
//
// row.Columns must be as long as [Template.Columns].
func (t *Template) Append(dst []byte, row Row) []byte {
	for i, seg := range t.segments {
		if i > 0 {
			dst = append(dst, '/')
		}
		start := len(dst)
		for _, p := range seg {
			dst = p.append(dst, &row)
		}
		dst = unreserve(dst, start, i == 0)
	}
	return dst
}

func (p piece) append(dst []byte, row *Row) []byte {
	switch p.kind {
	case schemaName:
		return appendValue(dst, row.Schema, p.stop)
	case tableName:
		return appendValue(dst, row.Table, p.stop)
	case rowKey:
		return appendValue(dst, row.Key, p.stop)
	case columnValue:
		if row.Columns[p.column] == nil {
			return append(dst, "%25null"...)
		}
		return appendValue(dst, row.Columns[p.column], p.stop)
	default:
		return append(dst, p.literal...)
	}
}

// unreserve changes the segment at dst[start:] if no name may have it. What takes
// its place begins with a percent sign, and no other values make the same of the
// segment: escapes of the first byte come from here alone.
func unreserve(dst []byte, start int, first bool) []byte {
	switch string(dst[start:]) {
	case ".":
		return append(dst[:start], "%25%252E"...)
	case "..":
		return append(dst[:start], "%25%252E."...)
	case reserved:
		if first {
			return append(dst[:start], "%25%255F_ds"...)
		}
	}
	return dst
}

// appendValue appends a value as [Template] describes. In the canonical form of a
// name a percent sign is written %25 and a slash %2F.
func appendValue[T string | []byte](dst []byte, v T, stop byte) []byte {
	if len(v) == 0 {
		return append(dst, "%25empty"...)
	}
	if !isOrdinary(v, stop) {
		return appendOdd(dst, v, stop)
	}
	for i := range len(v) {
		dst = appendByte(dst, v[i])
	}
	return dst
}

func appendByte(dst []byte, c byte) []byte {
	switch c {
	case '%':
		return append(dst, "%25"...)
	case '/':
		return append(dst, "%2F"...)
	default:
		return append(dst, c)
	}
}

// isOrdinary reports whether a value may stand in a name as it is.
func isOrdinary[T string | []byte](v T, stop byte) bool {
	if v[0] == '%' {
		return false
	}
	for i := 0; i < len(v); {
		size := oneOrdinary(v, i, stop)
		if size == 0 {
			return false
		}
		i += size
	}
	return true
}

// oneOrdinary returns the length of the character of v at i, or 0 if it has to be
// escaped.
func oneOrdinary[T string | []byte](v T, i int, stop byte) int {
	if c := v[i]; c < utf8.RuneSelf {
		if c < ' ' || c == 0x7f || c == stop {
			return 0
		}
		return 1
	}
	// A character is at most utf8.UTFMax bytes, which do not leave the stack.
	var char [utf8.UTFMax]byte
	r, size := utf8.DecodeRune(char[:copy(char[:], v[i:])])
	if r == utf8.RuneError && size == 1 || unicode.IsControl(r) {
		return 0
	}
	return size
}

// appendOdd appends a value that could not stand there as it is.
func appendOdd[T string | []byte](dst []byte, v T, stop byte) []byte {
	const hex = "0123456789ABCDEF"
	dst = append(dst, "%25"...)
	escaped := 0 // bytes before it have been looked at
	for i := 0; i < len(v); i++ {
		if i >= escaped && v[i] != '%' {
			escaped = i + oneOrdinary(v, i, stop)
		}
		if i < escaped {
			dst = appendByte(dst, v[i])
			continue
		}
		dst = append(dst, '%', '2', '5', hex[v[i]>>4], hex[v[i]&15])
		escaped = i + 1
	}
	return dst
}
