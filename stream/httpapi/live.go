package httpapi

import (
	"net/http"
	"time"

	"github.com/weirstreams/weir/stream"
)

// longPoll serves live=long-poll: a page as soon as there is one, else the news
// that there is none.
func (h *Handler) longPoll(w http.ResponseWriter, r *http.Request, name string, q query) error {
	rd, err := h.admit(name, q)
	if err != nil {
		return err
	}
	defer h.dismiss(rd, q.live)
	end := time.Now().Add(h.opts.LongPoll)
	timeout := time.NewTimer(h.opts.LongPoll)
	defer timeout.Stop()
	draining := h.drain.begun
	for waiting := true; ; {
		// Taken before the look, so that no change in between is missed.
		changed := rd.Changed()
		p, err := rd.Peek()
		if err != nil {
			return err
		}
		if p.Len() > 0 || p.EOF || !waiting {
			return h.polled(w, r, rd, p, q)
		}
		select {
		case <-changed:
		case <-timeout.C:
			waiting = false
		case <-draining:
			draining = nil
			if leave := h.drain.departure(); leave.Before(end) {
				timeout.Reset(time.Until(leave))
			}
		case <-r.Context().Done():
			h.done(r, clientLeft)
			return nil
		}
	}
}

// polled answers a long-poll with what there is, which may be nothing.
func (h *Handler) polled(w http.ResponseWriter, r *http.Request, rd *stream.Reader, p *stream.Page, q query) error {
	a := h.answer(w, r)
	if !p.EOF || p.Len() > 0 {
		a.number(hCursor, int64(stream.NextCursor(time.Now(), q.cursor)))
	}
	if p.Len() > 0 {
		a.set(hCacheControl, cacheable)
		return h.page(&a, rd, p)
	}
	a.position(p)
	a.set(hCacheControl, noStore)
	a.send(http.StatusNoContent)
	return nil
}
