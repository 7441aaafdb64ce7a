package config

import (
	"io"
	"reflect"
)

// Distance opens the edit distance to its tests.
var Distance = distance

// ShowDSN opens the masking of passwords to its tests.
var ShowDSN = showDSN

// LoadReading is Load with a file of pipelines that has this text, or the error.
func LoadReading(environ []string, text string, err error) (Config, []string, error) {
	return load(environ, func(string) ([]byte, error) { return []byte(text), err })
}

// ParseInto and PrintFrom run the package on any struct of sections, for what
// the real Config does not have.

func ParseInto(dst any, environ []string) ([]Problem, error) {
	return parse(dst, tableOf(reflect.TypeOf(dst).Elem()), givenIn(environ))
}

func PrintFrom(w io.Writer, src any) error {
	return printFields(w, reflect.ValueOf(src))
}
