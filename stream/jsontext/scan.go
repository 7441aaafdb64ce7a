package jsontext

import "bytes"

// Next returns the length of the first message in p, its comma included, or 0
// if p does not hold all of it. p must start at a message boundary of bytes
// that Split made; for other bytes the result means nothing, but is never more
// than len(p).
func Next(p []byte) int {
	return valueEnd(p) + 1
}

// Cut returns the largest message boundary in p that is not beyond limit: the
// length of the longest run of whole messages that fits in limit bytes. It is 0
// when the first message alone is larger. p is as for Next, and may end within
// a message.
func Cut(p []byte, limit int) int {
	p = p[:min(len(p), max(limit, 0))]
	end := 0
	for {
		n := Next(p[end:])
		if n == 0 {
			return end
		}
		end += n
	}
}

// What a byte outside of strings means to valueEnd.
const (
	plain = iota
	quote
	open
	shut
	comma
)

var class = [256]uint8{'"': quote, '{': open, '[': open, '}': shut, ']': shut, ',': comma}

// valueEnd returns where the comma stands that follows the first value of p, or
// -1 if there is none. p must be valid JSON as far as it goes.
func valueEnd(p []byte) int {
	depth := 0
	for i := 0; i < len(p); i++ {
		switch class[p[i]] {
		case quote:
			n := stringEnd(p[i+1:])
			if n < 0 {
				return -1
			}
			i += 1 + n
		case open:
			depth++
		case shut:
			depth--
		case comma:
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// stringEnd returns where the quote stands that ends the string whose inside p
// begins with, or -1 if there is none.
func stringEnd(p []byte) int {
	from := 0
	for {
		n := bytes.IndexByte(p[from:], '"')
		if n < 0 {
			return -1
		}
		end := from + n
		// The bytes before from end in a quote, so no backslash is counted
		// twice and the whole search stays linear.
		slashes := 0
		for slashes < n && p[end-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return end
		}
		from = end + 1
	}
}
