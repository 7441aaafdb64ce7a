package sse

import "unicode/utf8"

// appendText writes the payload line by line, with U+FFFD where it is not
// UTF-8.
func appendText(dst []byte, payload [][]byte) []byte {
	t := text{lines: lines{dst: dst}}
	for _, p := range payload {
		t.write(p)
	}
	return t.finish()
}

// text repairs UTF-8 on its way to lines. It keeps back the beginning of a
// character that the end of a piece cuts off.
type text struct {
	lines lines
	cut   [utf8.UTFMax]byte
	n     int // bytes of cut in use
}

func (t *text) write(p []byte) {
	for t.n > 0 && len(p) > 0 {
		p = t.join(p)
	}
	for len(p) > 0 {
		n := validPrefix(p)
		t.lines.write(p[:n])
		p = p[n:]
		if !utf8.FullRune(p) { // nothing left, or too little to tell
			t.n = copy(t.cut[:], p)
			return
		}
		t.replace()
		p = p[invalidLen(p):]
	}
}

// join moves one byte from p to the cut character and returns the rest of p.
// When that byte cannot continue the character it stays in p, and what was cut
// is beyond repair.
func (t *text) join(p []byte) []byte {
	t.cut[t.n] = p[0]
	joined := t.cut[:t.n+1]
	switch {
	case !utf8.FullRune(joined):
		t.n++
		return p[1:]
	case utf8.Valid(joined):
		t.lines.write(joined)
		t.n = 0
		return p[1:]
	default:
		t.replace()
		t.n = 0
		return p
	}
}

func (t *text) replace() {
	t.lines.write([]byte("\uFFFD"))
}

func (t *text) finish() []byte {
	if t.n > 0 {
		t.replace()
	}
	return t.lines.finish()
}

// validPrefix returns how many bytes of p come before the first that is not
// UTF-8.
func validPrefix(p []byte) int {
	if utf8.Valid(p) {
		return len(p)
	}
	n := 0
	for {
		r, size := utf8.DecodeRune(p[n:])
		if r == utf8.RuneError && size <= 1 {
			return n
		}
		n += size
	}
}

// invalidLen returns how many bytes at the start of p, which is not the start
// of a character, one U+FFFD stands for: the longest run that some character
// could have begun with, as browsers count it.
func invalidLen(p []byte) int {
	n := 1
	for n < len(p) && !utf8.FullRune(p[:n+1]) {
		n++
	}
	return n
}
