package httpapi

import (
	"io"
	"net/http"
	"time"
)

// What bounds an answer of HTTP/1.1 is the kernel, see stuckAfter. A reader by
// HTTP/2 can keep the window of its stream shut while its connection is well, and a
// connection has many streams, so there an answer gets WriteTimeout, and a large one
// as much for each piece.

// maxPiece is what a reader takes within WriteTimeout, unless it is cut off.
const maxPiece = 64 << 10

// limitWrite bounds how long the next write, and the end of the answer, may take.
func (h *Handler) limitWrite(w http.ResponseWriter, r *http.Request) {
	// net/http would keep a stream that has ended until a deadline that is set later.
	if r.ProtoMajor == 2 && r.Context().Err() == nil {
		http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.opts.WriteTimeout))
	}
}

// paced returns the writer of a body of any size.
func (h *Handler) paced(w http.ResponseWriter, r *http.Request) io.Writer {
	if r.ProtoMajor != 2 {
		return w
	}
	return &pacedWriter{h, w, r}
}

type pacedWriter struct {
	h *Handler
	w http.ResponseWriter
	r *http.Request
}

// Write implements io.Writer.
func (p *pacedWriter) Write(b []byte) (written int, err error) {
	for len(b) > 0 && err == nil {
		p.h.limitWrite(p.w, p.r)
		var n int
		n, err = p.w.Write(b[:min(len(b), maxPiece)])
		written, b = written+n, b[n:]
	}
	return written, err
}
