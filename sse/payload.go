package sse

import (
	"bytes"
	"encoding/base64"
)

// appendArray writes messages that each end in a comma as one JSON array. JSON
// has line breaks only between tokens, where splitting it over data lines
// changes nothing.
func appendArray(dst []byte, payload [][]byte) []byte {
	last := len(payload) - 1
	for last >= 0 && len(payload[last]) == 0 {
		last--
	}
	l := lines{dst: dst}
	l.write([]byte{'['})
	for i, p := range payload {
		if i == last {
			p = bytes.TrimSuffix(p, []byte{','})
		}
		l.write(p)
	}
	l.write([]byte{']'})
	return l.finish()
}

// appendBase64 encodes as if the pieces were one: bytes that do not fill a
// group of three wait for the next piece, so padding stands only at the end.
func appendBase64(dst []byte, payload [][]byte) []byte {
	var group [3]byte
	n := 0
	dst = append(dst, "data:"...)
	for _, p := range payload {
		if n > 0 {
			k := copy(group[n:], p)
			n, p = n+k, p[k:]
			if n < len(group) {
				continue
			}
			dst = base64.StdEncoding.AppendEncode(dst, group[:])
		}
		whole := len(p) - len(p)%len(group)
		dst = base64.StdEncoding.AppendEncode(dst, p[:whole])
		n = copy(group[:], p[whole:])
	}
	dst = base64.StdEncoding.AppendEncode(dst, group[:n])
	return append(dst, '\n')
}
