package config

import (
	"io"
	"reflect"
)

// Distance opens the edit distance to its tests.
var Distance = distance

// ShowDSN opens the masking of passwords to its tests.
var ShowDSN = showDSN

// ParseInto and PrintFrom run the package on any struct of sections, for what
// the real Config does not have.

func ParseInto(dst any, environ []string) ([]Problem, error) {
	return parse(dst, tableOf(reflect.TypeOf(dst).Elem()), givenIn(environ))
}

func PrintFrom(w io.Writer, src any) error {
	return printFields(w, reflect.ValueOf(src))
}
