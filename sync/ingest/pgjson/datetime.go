package pgjson

import "bytes"

// Dates and times keep Postgres' ISO form. A timestamp takes the T and, with a
// zone, the Z of RFC 3339 when RFC 3339 can say it:
//
//	2024-01-02 03:04:05.678      ->  2024-01-02T03:04:05.678
//	2024-01-02 03:04:05+00       ->  2024-01-02T03:04:05Z
//	0044-03-15 00:00:00 BC       ->  the same
//	294276-12-31 23:59:59        ->  the same
//	infinity, -infinity          ->  the same
//
// Anything else means that DateStyle, TimeZone or IntervalStyle is not what
// Settings asks for, and is refused.

func appendDate(dst, text []byte) ([]byte, error) {
	if isInfinite(text) {
		return appendPlain(dst, text), nil
	}
	year, rest := cutDate(text)
	if year == 0 || (len(rest) > 0 && string(rest) != " BC") {
		return dst, ErrMalformed
	}
	return appendPlain(dst, text), nil
}

// appendTimestamp writes a timestamp whose text ends in zone, and zulu in place
// of it where the text becomes RFC 3339.
func appendTimestamp(dst, text []byte, zone, zulu string) ([]byte, error) {
	if isInfinite(text) {
		return appendPlain(dst, text), nil
	}
	year, rest := cutDate(text)
	date := text[:len(text)-len(rest)]
	clock, bc := bytes.CutSuffix(rest, []byte(" BC"))
	clock, utc := bytes.CutSuffix(clock, []byte(zone))
	if year == 0 || !utc || !isClock(clock) {
		return dst, ErrMalformed
	}
	if bc || year > 4 {
		return appendPlain(dst, text), nil
	}
	dst = append(dst, '"')
	dst = append(dst, date...)
	dst = append(dst, 'T')
	dst = append(dst, clock[1:]...)
	dst = append(dst, zulu...)
	return append(dst, '"'), nil
}

// appendInterval takes an ISO 8601 duration; infinite intervals came with
// Postgres 17.
func appendInterval(dst, text []byte) ([]byte, error) {
	if !isInfinite(text) && !bytes.HasPrefix(text, []byte("P")) {
		return dst, ErrMalformed
	}
	return AppendString(dst, text)
}

func isInfinite(text []byte) bool {
	return string(text) == "infinity" || string(text) == "-infinity"
}

// cutDate takes the date off the front. year is its number of digits, at least
// four, or 0 if text does not begin with a date.
func cutDate(text []byte) (year int, rest []byte) {
	year = countDigits(text)
	if year < 4 || !hasShape(text[year:], "-00-00") {
		return 0, text
	}
	return year, text[year+len("-00-00"):]
}

// isClock reports whether text is a space, a time of day and perhaps a
// fraction.
func isClock(text []byte) bool {
	const shape = " 00:00:00"
	if !hasShape(text, shape) {
		return false
	}
	fraction := text[len(shape):]
	if len(fraction) == 0 {
		return true
	}
	return fraction[0] == '.' && len(fraction) > 1 && countDigits(fraction[1:]) == len(fraction)-1
}

// hasShape reports whether text begins like shape, in which 0 stands for any
// digit.
func hasShape(text []byte, shape string) bool {
	if len(text) < len(shape) {
		return false
	}
	for i := range len(shape) {
		digit := '0' <= text[i] && text[i] <= '9'
		if (shape[i] == '0' && !digit) || (shape[i] != '0' && text[i] != shape[i]) {
			return false
		}
	}
	return true
}
