// Package lsn holds the two ways the ingester says where a change stands:
// LSN, a byte address in the write-ahead log of Postgres, and Position, which
// tells apart every event that the ingester makes.
//
// An LSN has two texts. The one of Postgres ("16/B374D848") is for people and
// for SQL; it does not sort. The one of sixteen hexadecimal digits sorts as the
// number does. A Position has only a text that sorts. Both sortable texts are
// stored in streams, so they never change.
//
// The types are plain values: comparable with ==, safe to copy and to share.
package lsn

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrSyntax is what every refusal of a text wraps.
var ErrSyntax = errors.New("not in the expected form")

// LSN is a byte address in the write-ahead log. Zero is "nowhere": no record
// of the log begins there.
type LSN uint64

const (
	halfBits   = 32 // each side of the slash
	halfDigits = 8
	hexDigits  = 2 * halfDigits
)

// Parse reads the form of Postgres: two hexadecimal numbers of one to eight
// digits, in either case, with a slash between them.
func Parse(text string) (LSN, error) {
	high, low, found := strings.Cut(text, "/")
	if !found {
		return 0, fmt.Errorf("parse LSN %.40q: %w", text, ErrSyntax)
	}
	h, okHigh := parseHalf(high)
	l, okLow := parseHalf(low)
	if !okHigh || !okLow {
		return 0, fmt.Errorf("parse LSN %.40q: %w", text, ErrSyntax)
	}
	return LSN(h<<halfBits | l), nil
}

// parseHalf checks every byte itself, because strconv would also take a sign.
func parseHalf(text string) (uint64, bool) {
	if len(text) == 0 || len(text) > halfDigits {
		return 0, false
	}
	var n uint64
	for i := range len(text) {
		digit, ok := hexValue(text[i])
		if !ok {
			return 0, false
		}
		n = n<<4 | digit
	}
	return n, true
}

// hexValue is the value of one hexadecimal digit of either case.
func hexValue(c byte) (uint64, bool) {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0'), true
	case 'a' <= c && c <= 'f':
		return uint64(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return uint64(c-'A') + 10, true
	}
	return 0, false
}

// String is the form of Postgres, as pg_lsn prints it: "16/B374D848".
func (l LSN) String() string {
	high := strconv.FormatUint(uint64(l>>halfBits), 16)
	low := strconv.FormatUint(uint64(l&(1<<halfBits-1)), 16)
	return strings.ToUpper(high + "/" + low)
}

// AppendHex16 appends the sortable form to b: sixteen lower-case hexadecimal digits.
func (l LSN) AppendHex16(b []byte) []byte {
	return appendHex(b, uint64(l), hexDigits)
}

// MarshalText writes the form of Postgres. As a JSON number an LSN would lose
// its low bits in readers that hold numbers as float64.
func (l LSN) MarshalText() ([]byte, error) {
	return []byte(l.String()), nil
}

// UnmarshalText reads what Parse reads.
func (l *LSN) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*l = parsed
	return nil
}
