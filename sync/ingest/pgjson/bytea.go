package pgjson

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
)

// byteaPrefix begins bytea in hex. Its absence means bytea_output=escape, whose
// text could be mistaken for hex digits: it is refused.
var byteaPrefix = []byte(`\x`)

// byteaChunk bytes are decoded at once: a multiple of three, so that base64
// puts no padding between chunks.
const byteaChunk = 768

func appendBase64(dst, text []byte) ([]byte, error) {
	digits, ok := bytes.CutPrefix(text, byteaPrefix)
	if !ok {
		return dst, ErrMalformed
	}
	dst = append(dst, '"')
	for len(digits) > 0 {
		var chunk [byteaChunk]byte
		piece := digits[:min(len(digits), 2*byteaChunk)]
		n, err := hex.Decode(chunk[:], piece)
		if err != nil {
			return dst, ErrMalformed
		}
		dst = base64.StdEncoding.AppendEncode(dst, chunk[:n])
		digits = digits[len(piece):]
	}
	return append(dst, '"'), nil
}

func appendHex(dst, text []byte) ([]byte, error) {
	digits, ok := bytes.CutPrefix(text, byteaPrefix)
	if !ok || len(digits)%2 != 0 {
		return dst, ErrMalformed
	}
	for _, c := range digits {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return dst, ErrMalformed
		}
	}
	return appendPlain(dst, digits), nil
}
