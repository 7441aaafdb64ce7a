// Package pgjson turns Postgres' text form of a value into JSON.
//
// [Load] reads what the catalogue says about a set of types, [Build] makes a
// [Type] of it once per column, and [Append] encodes one value. Rows of the
// replication stream and rows of the initial copy both go through Append, so
// that equal rows give equal bytes, whichever way they came.
//
// The text must have been written under [Settings]: a database or role default
// can otherwise change what a date, an interval, a bytea or a float looks like.
// Append checks the forms that such a default would change and answers
// [ErrMalformed] rather than passing them on.
//
// Values are never decoded into Go values: a number keeps its digits, a json
// value its spelling. Encoding allocates only to grow the destination.
//
// Types are immutable and everything here is safe for concurrent use.
package pgjson

import (
	"errors"
	"fmt"
)

// What can be wrong with a value. Both are final for that value: the same text
// fails again. Neither error repeats the text, which may be private.
var (
	// ErrEncoding: the text is not UTF-8, as a database in SQL_ASCII allows.
	ErrEncoding = errors.New("text is not valid UTF-8")

	// ErrMalformed: the text is not what Postgres writes for the type under
	// Settings.
	ErrMalformed = errors.New("text does not have the form of its type")
)

// kind is one way of encoding. Options are folded into it by Build, so Append
// has nothing to decide but this.
type kind uint8

const (
	kindText kind = iota // a string with the text as it is
	kindBool
	kindNumber
	kindBytea    // base64
	kindByteaHex // hex digits without the prefix
	kindDate
	kindTimestamp
	kindTimestampTZ
	kindInterval
	kindJSON
	kindArray
	kindComposite // object; composites encoded as strings are kindText
	kindHstore
	kindVector
)

// Type says how the values of one column are encoded. Build makes it.
type Type struct {
	kind  kind
	name  string      // for messages
	delim byte        // kindArray: between elements
	elem  *Type       // kindArray
	attrs []attribute // kindComposite, in catalogue order
}

// attribute is one member of a composite in object form.
type attribute struct {
	label []byte // the JSON member name with quotes and colon
	typ   *Type
}

// Append appends the JSON form of one value and returns the extended dst. text
// is borrowed for the call and must not overlap dst's spare capacity; nil means
// SQL NULL. On an error dst comes back with the length it had.
func Append(dst []byte, t *Type, text []byte) ([]byte, error) {
	if text == nil {
		return append(dst, "null"...), nil
	}
	out, err := appendValue(dst, t, text)
	if err != nil {
		return dst, fmt.Errorf("%s: %w", t.name, err)
	}
	return out, nil
}

// appendValue is Append without the case of NULL. What it returns beside an
// error holds half a value: the caller goes back to its own dst.
func appendValue(dst []byte, t *Type, text []byte) ([]byte, error) {
	switch t.kind {
	case kindBool:
		return appendBool(dst, text)
	case kindNumber:
		return appendNumber(dst, text)
	case kindBytea:
		return appendBase64(dst, text)
	case kindByteaHex:
		return appendHex(dst, text)
	case kindDate:
		return appendDate(dst, text)
	case kindTimestamp:
		return appendTimestamp(dst, text, "", "")
	case kindTimestampTZ:
		return appendTimestamp(dst, text, "+00", "Z")
	case kindInterval:
		return appendInterval(dst, text)
	case kindJSON:
		return appendJSON(dst, text)
	case kindArray:
		return appendArray(dst, t, text)
	case kindComposite:
		return appendComposite(dst, t, text)
	case kindHstore:
		return appendHstore(dst, text)
	case kindVector:
		return appendVector(dst, text)
	default:
		return AppendString(dst, text)
	}
}
