package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/weirstreams/weir/stream"
)

// answer is a successful answer while it is put together. Its header fields are
// kept as they go over the wire, lines of the form "Name: value\r\n": requests are
// small, and filling, copying, sorting and writing net/http's header map would
// cost more than serving them. On plain HTTP/1.1 the lines are sent as they are
// (see splice.go), on other connections they are taken apart into the map.
//
// An answer belongs to the goroutine of its request, and ends with one of the
// send methods or with drop.
type answer struct {
	h   *Handler
	w   http.ResponseWriter
	r   *http.Request
	c   *conn   // nil when the fields go into the map
	buf *[]byte // one of buffers
}

// headRoom is kept free in front of the fields, for what net/http writes of a
// header by itself: a status line, the date, and perhaps a length and a word about
// the connection.
const headRoom = 256

// answer begins one, with the fields that every answer carries.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request) answer {
	a := answer{h: h, w: w, r: r, c: connOf(r), buf: getBuffer()}
	*a.buf = (*a.buf)[:headRoom]
	if lines, ok := h.cors.lines(r); ok {
		*a.buf = append(*a.buf, lines...)
	} else {
		h.mark(w, r)
		a.c = nil // fields in the map and fields in lines do not mix
	}
	return a
}

// set adds a field, whose value may come in parts. A line break in it would begin
// another field, so there is none.
func (a *answer) set(name string, value ...string) {
	b := append(append(*a.buf, name...), ": "...)
	for _, part := range value {
		if strings.IndexByte(part, '\r') >= 0 || strings.IndexByte(part, '\n') >= 0 {
			part = oneLine.Replace(part)
		}
		b = append(b, part...)
	}
	*a.buf = append(b, crlf...)
}

var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

// number adds a field whose value is a number.
func (a *answer) number(name string, n int64) {
	b := append(append(*a.buf, name...), ": "...)
	*a.buf = append(strconv.AppendInt(b, n, 10), crlf...)
}

// offset adds a field whose value is an offset.
func (a *answer) offset(name string, o stream.Offset) {
	b := append(append(*a.buf, name...), ": "...)
	*a.buf = append(o.Append(b), crlf...)
}

// send sends an answer without a body.
func (a *answer) send(status int) {
	a.h.done(a.r, status)
	if a.c == nil {
		a.unfold()
	} else {
		a.endFields()
		a.c.splice = splice{buf: a.buf}
	}
	a.w.WriteHeader(status)
}

// maxSmall is the size of bodies up to which copying them costs less than the map.
const maxSmall = 8 << 10

// takes reports whether a body of that size can be put into the answer.
func (a *answer) takes(size int64) bool { return a.c != nil && size <= maxSmall }

// endFields ends the fields; what is added behind them is the body.
func (a *answer) endFields() { *a.buf = append(*a.buf, crlf...) }

// Write implements io.Writer for the body.
func (a *answer) Write(p []byte) (int, error) {
	*a.buf = append(*a.buf, p...)
	return len(p), nil
}

// sendWhole sends an answer of status 200 with the body that was put into it.
func (a *answer) sendWhole() {
	a.h.done(a.r, http.StatusOK)
	a.c.splice = splice{buf: a.buf, ok: true}
	a.w.WriteHeader(http.StatusNoContent)
}

// sendFields sends an answer of status 200, up to where its body begins.
func (a *answer) sendFields() {
	a.h.done(a.r, http.StatusOK)
	a.unfold()
	a.w.WriteHeader(http.StatusOK)
}

// drop gives up an answer of which nothing was sent.
func (a *answer) drop() { putBuffer(a.buf) }

// unfold moves the fields into the map, which keeps no part of the buffer.
func (a *answer) unfold() {
	h := a.w.Header()
	lines := strings.TrimSuffix(string((*a.buf)[headRoom:]), "\r\n")
	for line := range strings.SplitSeq(lines, "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	a.drop()
}
