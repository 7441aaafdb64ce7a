package sse

import "bytes"

// lines writes text that comes in pieces as the data lines of one event. The
// zero value with a dst is ready; finish ends the last line.
//
// CRLF, CR and LF all end a line in an event stream, so all of them are line
// breaks here too: a payload cannot smuggle in a line that is not data.
type lines struct {
	dst  []byte
	open bool // the current line has its prefix
	cr   bool // the last byte seen was CR; an LF that follows belongs to it
}

func (l *lines) write(p []byte) {
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.writeSegment(p)
			return
		}
		l.writeSegment(p[:i])
		if !l.cr {
			l.endLine()
		}
		l.cr = false
		p = p[i+1:]
	}
}

// writeSegment takes bytes without LF. The search for LF stays outside, so that
// many CR do not each look through all that follows.
func (l *lines) writeSegment(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\r')
		l.cr = i >= 0
		if !l.cr {
			l.extend(p)
			return
		}
		l.extend(p[:i])
		l.endLine()
		p = p[i+1:]
	}
}

// extend adds bytes without a line break to the current line.
func (l *lines) extend(p []byte) {
	if len(p) == 0 {
		return
	}
	if !l.open {
		l.begin(p[0] == ' ')
	}
	l.dst = append(l.dst, p...)
}

func (l *lines) endLine() {
	if !l.open {
		l.begin(false)
	}
	l.dst = append(l.dst, '\n')
	l.open = false
}

// begin starts a line. Readers drop one space after the colon, so a line that
// has one of its own is given another to lose.
func (l *lines) begin(space bool) {
	l.dst = append(l.dst, "data:"...)
	if space {
		l.dst = append(l.dst, ' ')
	}
	l.open = true
}

// finish ends the last line. Readers drop the last line break of an event's
// data, so a payload that ends in a line break gets an empty line after it.
func (l *lines) finish() []byte {
	l.endLine()
	return l.dst
}
