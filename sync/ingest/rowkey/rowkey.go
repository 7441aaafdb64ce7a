// Package rowkey makes the key of a change event from the key columns of a row.
//
// A single column is its text as it is: clients put the key back into the
// collection's primary-key property, so the two must be equal. Several columns
// are joined with commas, in the order of the key's columns. In them the bytes
// that could mislead are percent-encoded: the comma and the percent sign, which
// keep keys apart, the slash, which would end a path segment, and controls.
//
//	(42)            ->  42
//	(a/b)           ->  a/b
//	(eu, a/b)       ->  eu,a%2Fb
//	(50%, , "x,y")  ->  50%25,,x%2Cy
//
// Two rows of one table have the same key only if their key columns have the
// same text. That holds for a fixed number of columns, which a table's key has;
// a changed key means a new copy of the table.
//
// Rows of a table without a key get one from where they come from, or from all that
// is in them: AppendAddress, and Hasher with AppendNumber.
package rowkey

import "errors"

// MaxBytes is the longest key that is accepted.
const MaxBytes = 64 << 10

// What makes a row's key unusable. The row is the caller's bad row.
var (
	// ErrEmpty: no columns, or a single one that holds the empty text. A change
	// event without a key would be refused by its readers.
	ErrEmpty = errors.New("the key is empty")

	// ErrNull: a key column holds SQL NULL, which no text stands for.
	ErrNull = errors.New("a key column is null")

	// ErrTooLong: the key is longer than MaxBytes.
	ErrTooLong = errors.New("the key is longer than 64 KiB")
)

// Append appends the key of a row to dst and returns the extended dst. The
// components are the texts of the key columns, borrowed for the call; nil is
// SQL NULL. The key is not escaped for JSON. On an error dst comes back with
// the length it had.
func Append(dst []byte, components ...[]byte) ([]byte, error) {
	size := 0
	for _, c := range components {
		if c == nil {
			return dst, ErrNull
		}
		size += len(c)
	}
	// Checked before dst grows; encoding makes a key longer still.
	if size > MaxBytes {
		return dst, ErrTooLong
	}
	if len(components) < 2 && size == 0 {
		return dst, ErrEmpty
	}
	if len(components) == 1 {
		return append(dst, components[0]...), nil
	}
	return appendJoined(dst, components)
}

func appendJoined(dst []byte, components [][]byte) ([]byte, error) {
	out := dst
	for i, c := range components {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendEncoded(out, c)
	}
	if len(out)-len(dst) > MaxBytes {
		return dst, ErrTooLong
	}
	return out, nil
}

func appendEncoded(dst, component []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range component {
		if misleads(c) {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// misleads reports the bytes that are encoded. Bytes of multi-byte UTF-8
// characters are never among them.
func misleads(c byte) bool {
	return c < ' ' || c == 0x7f || c == '%' || c == ',' || c == '/'
}
