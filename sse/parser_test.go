package sse_test

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// event is what a reader dispatches.
type event struct{ kind, data, lastID string }

// parse reads an event stream as section 9.2.6 of the HTML standard says. It
// shares nothing with the encoder. Fields that we never write fail the test,
// because only a payload can have brought them in.
func parse(t testing.TB, stream []byte) []event {
	t.Helper()
	if !utf8.Valid(stream) {
		t.Errorf("frame is not UTF-8: %q", stream)
	}
	text := newlines(string(stream))
	if text != "" && !strings.HasSuffix(text, "\n\n") {
		t.Errorf("frame does not end in a blank line: %q", stream)
	}
	var events []event
	var kind, data, lastID string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" {
			if data != "" {
				events = append(events, event{kind, strings.TrimSuffix(data, "\n"), lastID})
			}
			kind, data = "", ""
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "": // a comment
		case "event":
			kind = value
		case "data":
			data += value + "\n"
		case "id":
			if !strings.Contains(value, "\x00") {
				lastID = value
			}
		default:
			t.Errorf("got a line with field %q in %q, want only id, event and data", field, stream)
		}
	}
	return events
}

// newlines turns every line break into LF.
func newlines(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
}

// decodeUTF8 is the decoder of the Encoding standard (section 8.1.1), one byte
// at a time as it is written there.
func decodeUTF8(p []byte) string {
	var b strings.Builder
	var point rune
	var needed, seen int
	lower, upper := byte(0x80), byte(0xBF)
	for i := 0; i < len(p); i++ {
		c := p[i]
		if needed == 0 {
			switch {
			case c <= 0x7F:
				b.WriteByte(c)
			case 0xC2 <= c && c <= 0xDF:
				needed, point = 1, rune(c&0x1F)
			case 0xE0 <= c && c <= 0xEF:
				if c == 0xE0 {
					lower = 0xA0
				}
				if c == 0xED {
					upper = 0x9F
				}
				needed, point = 2, rune(c&0xF)
			case 0xF0 <= c && c <= 0xF4:
				if c == 0xF0 {
					lower = 0x90
				}
				if c == 0xF4 {
					upper = 0x8F
				}
				needed, point = 3, rune(c&0x7)
			default:
				b.WriteRune('\uFFFD')
			}
			continue
		}
		inRange := lower <= c && c <= upper
		lower, upper = 0x80, 0xBF
		if !inRange {
			needed, seen = 0, 0
			b.WriteRune('\uFFFD')
			i-- // the byte is looked at again
			continue
		}
		point = point<<6 | rune(c&0x3F)
		if seen++; seen == needed {
			needed, seen = 0, 0
			b.WriteRune(point)
		}
	}
	if needed > 0 {
		b.WriteRune('\uFFFD')
	}
	return b.String()
}
