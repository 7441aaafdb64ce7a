package httpapi

import (
	"net/http"
	"time"

	"github.com/weirstreams/weir/sse"
	"github.com/weirstreams/weir/stream"
)

// subscriber is one SSE connection. It is used by one goroutine at a time.
type subscriber struct {
	h      *Handler
	rd     *stream.Reader
	room   *sse.Room
	echoed string        // the cursor that the client sent
	cursor stream.Cursor // the last one sent
	greet  bool          // nothing was sent yet
	until  time.Time     // when the client is to come back; zero for never
}

// subscribe serves live=sse (section 5.8): what there is, then whatever comes,
// until the stream ends, the client leaves, or it is time to reconnect. From here
// on the reader is the subscriber's to close, and its place to give back, unless
// there is an error.
func (h *Handler) subscribe(w http.ResponseWriter, r *http.Request, rd *stream.Reader, q query) error {
	first, err := rd.Peek()
	if err != nil {
		return err
	}
	if err := h.tryPage(rd, first); err != nil {
		return err
	}
	s := &subscriber{h: h, rd: rd, room: h.rooms.Enter(rd.ID()), echoed: q.cursor, greet: true}
	if d := h.opts.Reconnect; d > 0 {
		// In steps, so that a room ends many at a time.
		s.until = time.Now().Add(d + d/64).Truncate(d / 64)
	}
	if first.EOF && first.Len() == 0 && r.Header.Get(hLastEventID) != "" {
		// A browser's EventSource that has seen everything comes back for ever,
		// unless it is told that there is no content.
		a := h.answer(w, r)
		a.position(first)
		a.set(hCacheControl, noStore)
		a.send(http.StatusNoContent)
		s.Over()
		return nil
	}
	h.mark(w, r)
	hd := w.Header()
	set(hd, hContentType, "text/event-stream")
	hd[hCacheControl] = valNoCache
	set(hd, "X-Accel-Buffering", "no")
	if rd.Format() == stream.Binary {
		set(hd, hSSEEncoding, "base64")
	}
	if c := seatable(r); c != nil {
		s.takeSeat(w, c)
		return nil
	}
	w.WriteHeader(http.StatusOK)
	s.respond(w, r)
	s.Over()
	return nil
}

// tryPage takes the bytes of a page and gives them back: bytes that cannot be read
// are a problem of their own as long as nothing has been sent.
func (h *Handler) tryPage(rd *stream.Reader, p *stream.Page) error {
	if p.Len() == 0 {
		return nil
	}
	err := rd.Take(p)
	p.Close()
	return err
}

// Over implements sse.Reader.
func (s *subscriber) Over() {
	s.h.rooms.Leave(s.rd.ID())
	s.rd.Close()
	s.h.opts.Subscribers.Release()
}

// An outlet is the way to a client: a Seat, or an http.ResponseWriter.
type outlet interface {
	// send writes a batch, and waits as long as a client may take for it.
	send(b *sse.Batch, cursor stream.Cursor) error
	// left reports whether the client is known to have left.
	left() bool
}

// catchUp sends until the client has everything, and reports whether there may be
// more later. If not, all that the client can be told is the end of the response.
func (s *subscriber) catchUp(out outlet) (more bool) {
	for {
		p, err := s.rd.Peek()
		if err != nil {
			return false // deleted or expired
		}
		if p.Len() > 0 || p.EOF || s.greet {
			if s.send(out, p) != nil || p.EOF {
				return false
			}
		}
		switch {
		case out.left():
			return false
		case s.h.isDraining():
			s.send(out, p.Rest())
			return false
		case p.UpToDate:
			return true
		}
	}
}

// send sends the events of one page in one piece, and moves on.
func (s *subscriber) send(out outlet, p *stream.Page) error {
	now := time.Now()
	s.cursor = s.nextCursor(now)
	b, err := s.h.batch(s.room, s.rd, p, now)
	if err != nil {
		s.h.log.Debug().Err(err).Msg("an SSE connection was ended")
		return err
	}
	s.rd.Skip(p)
	s.greet = false
	return out.send(b, s.cursor)
}

// nextCursor is the current interval, which subscribers share, unless the client
// came back with a later one; then it stays ahead of that until time catches up.
func (s *subscriber) nextCursor(now time.Time) stream.Cursor {
	if s.greet {
		return stream.NextCursor(now, s.echoed)
	}
	return max(s.cursor, stream.CurrentCursor(now))
}
