package httpapi

import (
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/weirstreams/weir/sse"
	"github.com/weirstreams/weir/stream"
)

// maxCaughtUp bounds the bytes of one event for a reader that catches up. As long as
// its client takes nothing the event is held for it alone; what readers are sent who
// have everything is there once for all.
const maxCaughtUp = 64 << 10

// subscriber is one SSE connection. It is used by one goroutine at a time.
type subscriber struct {
	h      *Handler
	rd     *stream.Reader
	room   *sse.Room
	echoed string        // the cursor that the client sent
	cursor stream.Cursor // the last one sent
	greet  bool          // nothing was sent yet
	term   sse.Term
}

// subscribe serves live=sse (section 5.8): what there is, then whatever comes,
// until the stream ends, the client leaves, or it is time to reconnect.
func (h *Handler) subscribe(w http.ResponseWriter, r *http.Request, name string, q query) error {
	rd, err := h.admit(name, q)
	if err != nil {
		return err
	}
	rd.Limit(maxCaughtUp)
	first, err := h.tryPage(rd)
	if err != nil {
		h.dismiss(rd, q.live)
		return err
	}
	s := &subscriber{h: h, rd: rd, room: h.rooms.Enter(rd.ID()), echoed: q.cursor, greet: true}
	if d := h.opts.Reconnect; d > 0 {
		// In steps, so that a room ends many at a time.
		s.term.Until = time.Now().Add(d + d/64).Truncate(d / 64)
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
	h.done(r, http.StatusOK)
	if c := seatable(r); c != nil {
		s.takeSeat(w, c)
		return nil
	}
	w.WriteHeader(http.StatusOK)
	s.respond(w, r)
	s.Over()
	return nil
}

// tryPage takes the bytes of the next page and gives them back: bytes that cannot
// be read are a problem of their own as long as nothing has been sent.
func (h *Handler) tryPage(rd *stream.Reader) (*stream.Page, error) {
	p, err := rd.Peek()
	if err != nil || p.Len() == 0 {
		return p, err
	}
	err = rd.Take(p)
	p.Close()
	return p, err
}

// Over implements sse.Reader.
func (s *subscriber) Over() {
	s.h.rooms.Leave(s.rd.ID())
	s.h.dismiss(s.rd, liveSSE)
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
		case s.departs():
			s.send(out, p.Rest())
			return false
		case p.UpToDate:
			s.rd.Limit(0) // what comes next comes as it was appended
			return true
		}
		s.rd.Limit(maxCaughtUp)
	}
}

// departs reports whether it is time to leave a server that stops.
func (s *subscriber) departs() bool {
	if !s.h.isDraining() {
		return false
	}
	s.term.Depart(s.h.drain.departure)
	return !time.Now().Before(s.term.Until)
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
	s.h.counters.sent.Add(1)
	return s.written(out.send(b, s.cursor))
}

// written takes note of how a write ended.
func (s *subscriber) written(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.h.counters.dropped.Add(1)
	}
	return err
}

// nextCursor is the current interval, which subscribers share, unless the client
// came back with a later one; then it stays ahead of that until time catches up.
func (s *subscriber) nextCursor(now time.Time) stream.Cursor {
	if s.greet {
		return stream.NextCursor(now, s.echoed)
	}
	return max(s.cursor, stream.CurrentCursor(now))
}
