package limits

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is an amount of memory or disk in bytes, written in configuration as
// ParseSize describes. Zero means no limit where a limit is asked for.
type Size int64

// unit is one suffix of a size. They are listed largest first.
type unit struct {
	suffix string
	bytes  int64
}

var units = [...]unit{
	{"TiB", 1 << 40}, {"TB", 1e12},
	{"GiB", 1 << 30}, {"GB", 1e9},
	{"MiB", 1 << 20}, {"MB", 1e6},
	{"KiB", 1 << 10}, {"KB", 1e3},
	{"B", 1},
}

// String writes s as FormatSize does.
func (s Size) String() string { return FormatSize(int64(s)) }

// MarshalText writes a text that UnmarshalText reads back to the same size.
func (s Size) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a size as ParseSize does. After an error s is unchanged.
func (s *Size) UnmarshalText(text []byte) error {
	n, err := ParseSize(string(text))
	if err != nil {
		return err
	}
	*s = Size(n)
	return nil
}

// ParseSize reads a number of bytes: a whole number, and one of the suffixes B,
// KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024) in
// upper or lower case. Signs, fractions and spaces are errors, and so is an
// amount that an int64 cannot hold.
func ParseSize(s string) (int64, error) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	factor, ok := factorOf(s[len(digits):])
	if digits == "" || !ok {
		return 0, fmt.Errorf("size %q is not a whole number of bytes, such as 1048576, 64MiB or 100MB "+
			"(suffixes: B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)", s)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/factor {
		return 0, fmt.Errorf("size %q is more than %d bytes", s, int64(math.MaxInt64))
	}
	return n * factor, nil
}

// FormatSize writes n bytes, exactly, in the largest unit that needs no
// fraction: 64MiB, 100MB, 1025B. ParseSize reads back what it writes unless n
// is negative.
func FormatSize(n int64) string {
	i := 0
	for n == 0 && units[i].bytes != 1 || n%units[i].bytes != 0 {
		i++
	}
	return strconv.FormatInt(n/units[i].bytes, 10) + units[i].suffix
}

func factorOf(suffix string) (factor int64, ok bool) {
	if suffix == "" {
		return 1, true
	}
	for _, u := range units {
		if strings.EqualFold(suffix, u.suffix) {
			return u.bytes, true
		}
	}
	return 0, false
}
