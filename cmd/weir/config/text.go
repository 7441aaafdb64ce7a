package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// maxSeconds keeps a number of seconds inside a time.Duration with room to
// spare; the bounds of every variable are far below it.
const maxSeconds = 1e9

var errSeconds = errors.New("not a number of seconds")

// parsers are the types whose text differs from what the environment parser
// would make of them.
func parsers() map[reflect.Type]env.ParserFunc {
	return map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[time.Duration](): func(s string) (any, error) { return parseSeconds(s) },
		reflect.TypeFor[[]string]():      func(s string) (any, error) { return parseList(s), nil },
		reflect.TypeFor[Networks]():      func(s string) (any, error) { return parseNetworks(s) },
	}
}

// parseSeconds reads a decimal number of seconds, to the nearest nanosecond.
func parseSeconds(s string) (time.Duration, error) {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("parse seconds: %w", err)
	}
	// NaN compares false with everything, so it has to fail a comparison.
	if !(math.Abs(seconds) <= maxSeconds) {
		return 0, errSeconds
	}
	return time.Duration(math.Round(seconds * float64(time.Second))), nil
}

// parseList splits at commas and drops the spaces around each part.
func parseList(s string) []string {
	parts := strings.Split(s, ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return parts
}

// parseNumber reads a number of type t, as the field's variable would be read.
func parseNumber(t reflect.Type, s string) (int64, error) {
	switch t {
	case reflect.TypeFor[time.Duration]():
		d, err := parseSeconds(s)
		return int64(d), err
	case reflect.TypeFor[Size]():
		var size Size
		err := size.UnmarshalText([]byte(s))
		return int64(size), err
	case reflect.TypeFor[Span](), reflect.TypeFor[AutoSpan]():
		d, err := time.ParseDuration(s)
		return int64(d), err
	default:
		return strconv.ParseInt(s, 10, 64)
	}
}

// unitOf names what a number of type t counts.
func unitOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "seconds"
	case reflect.TypeFor[Size]():
		return "a size"
	case reflect.TypeFor[Span](), reflect.TypeFor[AutoSpan]():
		return "a duration with its unit, such as 250ms or 1h30m,"
	default:
		return "a whole number"
	}
}

// zeroText is how a number of type t is written when it is 0, which means zero.
func zeroText(t reflect.Type, zero string) string {
	if t == reflect.TypeFor[AutoSpan]() {
		return autoText
	}
	return "0 (" + zero + ")"
}

// format writes a field so that parsing the text gives the field again.
func format(v reflect.Value) string {
	switch field := v.Interface().(type) {
	case time.Duration:
		return strconv.FormatFloat(field.Seconds(), 'f', -1, 64)
	case bool:
		return strconv.FormatBool(field)
	case []string:
		return strings.Join(field, ",")
	case fmt.Stringer:
		return field.String()
	}
	if v.CanInt() {
		return strconv.FormatInt(v.Int(), 10)
	}
	return v.String()
}
