package bench

import "strconv"

// A message of sse, longpoll and rtt says which it is and when it was sent:
//
//	SSSSSSSSSSSSSSSS TTTTTTTTTTTTTTTT ....
//
// sixteen decimal digits of its number in the stream, from 1 on, sixteen of the
// nanoseconds since the run began, and dots up to its size. All messages of a run
// have the same size, so that readers can tell apart those that come in one piece.
const (
	digits       = 16
	minMessage   = 2 * (digits + 1)
	timePosition = digits + 1
)

// appendMessage appends a message of size bytes, at least minMessage, to buf.
func appendMessage(buf []byte, size int, seq, sent int64) []byte {
	buf = append(appendDigits(buf, seq), ' ')
	buf = append(appendDigits(buf, sent), ' ')
	for range size - minMessage {
		buf = append(buf, '.')
	}
	return buf
}

func appendDigits(buf []byte, n int64) []byte {
	var text [20]byte
	written := strconv.AppendInt(text[:0], n, 10)
	for range digits - len(written) {
		buf = append(buf, '0')
	}
	return append(buf, written...)
}

// parseMessage reads what appendMessage wrote.
func parseMessage(p []byte) (seq, sent int64, ok bool) {
	if len(p) < minMessage || p[digits] != ' ' || p[minMessage-1] != ' ' {
		return 0, 0, false
	}
	seq, seqOK := parseDigits(p[:digits])
	sent, sentOK := parseDigits(p[timePosition : timePosition+digits])
	return seq, sent, seqOK && sentOK
}

func parseDigits(p []byte) (n int64, ok bool) {
	for _, c := range p {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
