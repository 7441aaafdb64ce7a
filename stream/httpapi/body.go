package httpapi

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// maxDrain is how much of a body that is refused is read and dropped, so that a
// client which sends it all before it reads sees the answer.
const maxDrain = 64 << 20

// readBody reads the whole body, which the caller releases.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) (upload, error) {
	u := newUpload(h.opts.Bodies)
	if r.ContentLength == 0 {
		return u, nil
	}
	limit := h.opts.MaxAppendBytes
	if limit > 0 && r.ContentLength > limit {
		u.release()
		return upload{}, h.tooLarge(w, r)
	}
	h.expectBody(w, r)
	if err := u.fill(r, limit); err != nil {
		u.release()
		return upload{}, h.brokenBody(w, r, err)
	}
	// net/http need not look whether there is more of it.
	r.Body.Close()
	return u, nil
}

// expectBody bounds the time in which the body has to arrive.
func (h *Handler) expectBody(w http.ResponseWriter, r *http.Request) {
	if c := connOf(r); c != nil {
		c.expectBody(h.opts.BodyTimeout)
		return
	}
	if r.Context().Err() == nil { // as in limitWrite
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.opts.BodyTimeout))
	}
}

// brokenBody answers a body that could not be read to its end.
func (h *Handler) brokenBody(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return h.tooLarge(w, r)
	case errors.Is(err, errNoRoom):
		return h.discard(w, r, &problem{
			status: http.StatusServiceUnavailable, slug: "bodies-memory", retryAfter: retrySoon,
			detail: "large bodies that are on their way take all the memory there is for them; send it again later, or in smaller parts",
		})
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

func (h *Handler) tooLarge(w http.ResponseWriter, r *http.Request) error {
	return h.discard(w, r, &problem{
		status: http.StatusRequestEntityTooLarge, slug: "body-too-large",
		detail: "the body is over the limit of " + decimal(h.opts.MaxAppendBytes) + " bytes; send it in parts",
	})
}

// discard drops the body, as far as that is reasonable, and refuses it. A client
// that waits to be told to send has nothing on the way yet.
func (h *Handler) discard(w http.ResponseWriter, r *http.Request, p *problem) error {
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") || r.ContentLength > maxDrain {
		p.closeConn = true
		return p
	}
	h.expectBody(w, r)
	_, err := io.CopyN(io.Discard, r.Body, maxDrain)
	p.closeConn = err != io.EOF
	return p
}
