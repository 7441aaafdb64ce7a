package crashlab_test

import (
	"bytes"
	"fmt"
	"strconv"
)

// form is what a stream's bytes are.
type form uint8

const (
	text form = iota
	octets
	messages
)

func (f form) contentType() string {
	return [...]string{"text/plain", "application/octet-stream", "application/json"}[f]
}

// payload is what one append sends, and what a stream then holds of it. Both say
// the append's number, so that content found after a crash tells which appends
// it is made of.
func payload(f form, number, size int) (body, stored []byte) {
	if f != messages {
		b := fmt.Appendf(nil, "<%06d|", number)
		b = append(b, filler(number, size-len(b)-1)...)
		b = append(b, '>')
		return b, b
	}
	const each = 120
	body = []byte{'['}
	for i := 0; i == 0 || len(body) < size; i++ {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"n":"%06d","i":%d,"p":"%s"}`, number, i, filler(number+i, min(size, each)-30))
	}
	stored = append(bytes.Clone(body[1:]), ',')
	return append(body, ']'), stored
}

// filler is n bytes that differ from one append to the next.
func filler(number, n int) []byte {
	b := make([]byte, max(n, 0))
	for i := range b {
		b[i] = 'a' + byte((number*7+i*i+i/26)%26)
	}
	return b
}

// numberAt reads the number of the append that begins with b.
func numberAt(f form, b []byte) (int, bool) {
	at := len("<")
	if f == messages {
		at = len(`{"n":"`)
	}
	if len(b) < at+6 {
		return 0, false
	}
	n, err := strconv.Atoi(string(b[at : at+6]))
	return n, err == nil
}
