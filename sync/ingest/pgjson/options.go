package pgjson

import "fmt"

// Options choose between encodings where consumers differ. The zero value holds
// the defaults. A column may be given Options of its own: they apply to
// everything inside it, such as the elements of an array.
type Options struct {
	// Int8String makes int8 a string, for consumers that read numbers as
	// doubles and lose digits beyond 2^53.
	Int8String bool

	// NumericNumber makes numeric a number; NaN and the infinities stay
	// strings. By default it is a string, which no consumer rounds.
	NumericNumber bool

	// ByteaHex writes bytea as hex digits without a prefix instead of base64.
	ByteaHex bool

	// JSONString writes json and jsonb as a string that holds their text. Only
	// so does JSON null differ from SQL NULL.
	JSONString bool

	// CompositeObject writes a composite as an object with the attributes'
	// names instead of a string in Postgres' own notation.
	CompositeObject bool
}

// Set changes one option by the names users write: int8 and numeric take number
// or string, bytea base64 or hex, json verbatim or string, composite string or
// object.
func (o *Options) Set(name, value string) error {
	flag, off, on := o.choice(name)
	if flag == nil {
		return fmt.Errorf("unknown encoding %q: it must be int8, numeric, bytea, json or composite", name)
	}
	switch value {
	case off:
		*flag = false
	case on:
		*flag = true
	default:
		return fmt.Errorf("encoding %s cannot be %q: it must be %s or %s", name, value, off, on)
	}
	return nil
}

// choice gives the field behind a name with the words for false and true, or
// nil for an unknown name.
func (o *Options) choice(name string) (flag *bool, off, on string) {
	switch name {
	case "int8":
		return &o.Int8String, "number", "string"
	case "numeric":
		return &o.NumericNumber, "string", "number"
	case "bytea":
		return &o.ByteaHex, "base64", "hex"
	case "json":
		return &o.JSONString, "verbatim", "string"
	case "composite":
		return &o.CompositeObject, "string", "object"
	default:
		return nil, "", ""
	}
}
