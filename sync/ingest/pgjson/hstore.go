package pgjson

import "bytes"

// hstoreText is what keys and values of an hstore are.
var hstoreText = &Type{kind: kindText, name: "text"}

// appendHstore writes an object of strings and nulls from
//
//	hstore =  [ pair { ", " pair } ]
//	pair   =  quoted "=>" ( quoted | NULL )
func appendHstore(dst, text []byte) ([]byte, error) {
	dst = append(dst, '{')
	for first := true; len(text) > 0; first = false {
		if !first {
			rest, ok := bytes.CutPrefix(text, []byte(", "))
			if !ok {
				return dst, ErrMalformed
			}
			text = rest
			dst = append(dst, ',')
		}
		var err error
		if dst, text, err = appendPair(dst, text); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// appendPair encodes the pair that text begins with and returns what follows.
func appendPair(dst, text []byte) (out, rest []byte, err error) {
	if dst, text, err = appendHstoreText(dst, text); err != nil {
		return dst, nil, err
	}
	text, ok := bytes.CutPrefix(text, []byte("=>"))
	if !ok {
		return dst, nil, ErrMalformed
	}
	dst = append(dst, ':')
	if rest, ok := bytes.CutPrefix(text, []byte("NULL")); ok {
		return append(dst, "null"...), rest, nil
	}
	return appendHstoreText(dst, text)
}

func appendHstoreText(dst, text []byte) (out, rest []byte, err error) {
	if len(text) == 0 || text[0] != '"' {
		return dst, nil, ErrMalformed
	}
	member, rest, ok := cutQuoted(text, false)
	if !ok {
		return dst, nil, ErrMalformed
	}
	out, err = member.encode(dst, hstoreText)
	return out, rest, err
}
