package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// rule is what a variable accepts: in words, and as a check of the parsed value.
type rule struct {
	want  string
	holds func(reflect.Value) bool
	why   func(text string) error // says on one line what is wrong with a text; nil: want says enough
}

// ruleOf reads a field's rule from its tags. A field without a readable rule is
// a mistake in the struct, which no input can cause.
func ruleOf(field reflect.StructField) rule {
	if words := field.Tag.Get("oneof"); words != "" {
		return oneOf(strings.Fields(words))
	}
	if name := field.Tag.Get("form"); name != "" {
		return formOf(name)
	}
	if field.Type.Kind() == reflect.Bool {
		return rule{want: "true or false", holds: func(reflect.Value) bool { return true }} // whatever parses
	}
	return between(field)
}

// oneOf accepts a string among words.
func oneOf(words []string) rule {
	last := len(words) - 1
	return rule{
		want:  strings.Join(words[:last], ", ") + " or " + words[last],
		holds: func(v reflect.Value) bool { return slices.Contains(words, v.String()) },
	}
}

// between accepts a number inside the bounds of the tags min and max, and 0 as
// well if the tag zero gives it a meaning.
func between(field reflect.StructField) rule {
	low, high := field.Tag.Get("min"), field.Tag.Get("max")
	least, most := bound(field, low), bound(field, high)
	zero := field.Tag.Get("zero")

	want := fmt.Sprintf("%s from %s to %s", unitOf(field.Type), low, high)
	if zero != "" {
		want = fmt.Sprintf("%s or %s", zeroText(field.Type, zero), want)
	}
	return rule{
		want: want,
		holds: func(v reflect.Value) bool {
			n := v.Int()
			return n >= least && n <= most || n == 0 && zero != ""
		},
	}
}

// bound parses the text of a bound as a variable of the same type is parsed.
func bound(field reflect.StructField, text string) int64 {
	n, err := parseNumber(field.Type, text)
	if err != nil {
		panic(fmt.Sprintf("internal error: bound %q of %s: %v", text, field.Name, err))
	}
	return n
}
