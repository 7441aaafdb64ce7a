package httpapi

import (
	"net/http"
	"time"

	"github.com/weirstreams/weir/stream"
)

// longPoll serves live=long-poll: a page as soon as there is one, else the news
// that there is none.
func (h *Handler) longPoll(w http.ResponseWriter, r *http.Request, rd *stream.Reader, q query) error {
	timeout := time.NewTimer(h.opts.LongPoll)
	defer timeout.Stop()
	for waiting := true; ; {
		// Taken before the look, so that no change in between is missed.
		changed := rd.Changed()
		p, err := rd.Peek()
		if err != nil {
			return err
		}
		hd := w.Header()
		if !p.EOF || p.Len() > 0 {
			set(hd, hCursor, stream.NextCursor(time.Now(), q.cursor).String())
		}
		if p.Len() > 0 {
			hd[hCacheControl] = valPage
			return h.page(w, rd, p)
		}
		if p.EOF || !waiting {
			position(hd, p)
			hd[hCacheControl] = valNoStore
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		select {
		case <-changed:
		case <-timeout.C:
			waiting = false
		case <-h.draining.Done():
			waiting = false
		case <-r.Context().Done():
			return nil
		}
	}
}
