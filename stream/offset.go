package stream

import "strings"

// Offset is a position in a stream's bytes. On the wire it is two numbers of
// sixteen digits, a generation (always zero) and the position, so that the order
// of the strings is the order of the positions (section 6).
type Offset int64

// offsetLen is the length of every offset on the wire.
const offsetLen = 16 + 1 + 16

const zeroGeneration = "0000000000000000_"

// String returns the offset as it is written on the wire.
func (o Offset) String() string {
	var b [offsetLen]byte
	return string(o.Append(b[:0]))
}

// Append adds the offset to dst as it is written on the wire.
func (o Offset) Append(dst []byte) []byte {
	dst = append(dst, "0000000000000000_0000000000000000"...)
	for i := len(dst) - 1; o > 0; i-- {
		dst[i] = byte('0' + o%10)
		o /= 10
	}
	return dst
}

// ParseOffset reads an offset that a server of this kind has written. The
// sentinels -1 and now are not offsets; see ParsePosition.
func ParseOffset(s string) (Offset, error) {
	digits, ok := strings.CutPrefix(s, zeroGeneration)
	if !ok || len(digits) != 16 {
		return 0, errMalformedOffset()
	}
	var o Offset
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, errMalformedOffset()
		}
		o = o*10 + Offset(c-'0')
	}
	return o, nil
}

func errMalformedOffset() *Error {
	return refuse(CodeInvalidOffset, "the offset is not one that this server has given out; "+
		"use a Stream-Next-Offset of this stream, or -1 for the start, or now for the tail")
}

// Position is where a read begins: an Offset, or Tail for wherever the tail is
// when the read is processed.
type Position int64

// Tail is the position that the sentinel now stands for.
const Tail Position = -1

// ParsePosition reads an offset query parameter: an offset or a sentinel.
func ParsePosition(s string) (Position, error) {
	switch s {
	case "-1":
		return 0, nil
	case "now":
		return Tail, nil
	}
	o, err := ParseOffset(s)
	return Position(o), err
}
