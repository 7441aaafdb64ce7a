package httpapi

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// maxDrain is how much of a body that is too large is read and dropped, so that a
// client which sends it all before it reads sees the answer.
const maxDrain = 64 << 20

// readBody reads the whole body into a pooled buffer, which the caller gives
// back by putBuffer.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) (*[]byte, error) {
	buf := getBuffer()
	if r.ContentLength == 0 {
		return buf, nil
	}
	limit := h.opts.MaxAppendBytes
	if limit > 0 && r.ContentLength > limit {
		putBuffer(buf)
		return nil, h.tooLarge(w, r)
	}
	h.expectBody(w, r)
	if err := fill(buf, r, limit); err != nil {
		putBuffer(buf)
		return nil, h.brokenBody(w, r, err)
	}
	// net/http need not look whether there is more of it.
	r.Body.Close()
	return buf, nil
}

// expectBody bounds the time in which the body has to arrive.
func (h *Handler) expectBody(w http.ResponseWriter, r *http.Request) {
	if c := connOf(r); c != nil {
		c.expectBody(h.opts.BodyTimeout)
		return
	}
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.opts.BodyTimeout))
}

var errTooLarge = errors.New("body over the limit")

// fill reads until the end of the body. A length that was announced is only
// believed up to what one read would bring anyway, so that it costs the client
// the bytes and not the server the memory.
func fill(buf *[]byte, r *http.Request, limit int64) error {
	b := *buf
	defer func() { *buf = b }()
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if limit > 0 && int64(len(b)) > limit {
			return errTooLarge
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// brokenBody answers a body that could not be read to its end.
func (h *Handler) brokenBody(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return h.tooLarge(w, r)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &problem{
			status: http.StatusRequestTimeout, slug: "body-timeout", closeConn: true,
			detail: "the body did not arrive in time; send it without pauses",
		}
	default:
		return &problem{
			status: http.StatusBadRequest, slug: "body-incomplete", closeConn: true,
			detail: "the body ended early or is not encoded as its headers say",
		}
	}
}

// tooLarge drops the body, as far as that is reasonable, and refuses it. A client
// that waits to be told to send has nothing on the way yet.
func (h *Handler) tooLarge(w http.ResponseWriter, r *http.Request) error {
	p := &problem{
		status: http.StatusRequestEntityTooLarge, slug: "body-too-large",
		detail: "the body is over the limit of " + decimal(h.opts.MaxAppendBytes) + " bytes; send it in parts",
	}
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") || r.ContentLength > maxDrain {
		p.closeConn = true
		return p
	}
	h.expectBody(w, r)
	_, err := io.CopyN(io.Discard, r.Body, maxDrain)
	p.closeConn = err != io.EOF
	return p
}
