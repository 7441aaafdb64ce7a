package httpapi

import (
	"net/http"
	"time"

	"github.com/weirstreams/weir/sse"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// subscriber is one SSE connection. It belongs to the goroutine of its request.
type subscriber struct {
	h      *Handler
	w      http.ResponseWriter
	ctl    *http.ResponseController
	rd     *stream.Reader
	room   *sse.Room
	echoed string        // the cursor that the client sent
	cursor stream.Cursor // the last one sent
	greet  bool          // nothing was sent yet
}

// subscribe serves live=sse (section 5.8): what there is, then whatever comes,
// until the stream ends, the client leaves, or it is time to reconnect.
func (h *Handler) subscribe(w http.ResponseWriter, r *http.Request, rd *stream.Reader, q query) error {
	first, err := rd.Peek()
	if err != nil {
		return err
	}
	hd := w.Header()
	if first.EOF && first.Len() == 0 && r.Header.Get(hLastEventID) != "" {
		// A browser's EventSource that has seen everything comes back for ever,
		// unless it is told that there is no content.
		position(hd, first)
		hd[hCacheControl] = valNoStore
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err := h.tryPage(rd, first); err != nil {
		return err
	}
	set(hd, hContentType, "text/event-stream")
	hd[hCacheControl] = valNoCache
	set(hd, "X-Accel-Buffering", "no")
	if rd.Format() == stream.Binary {
		set(hd, hSSEEncoding, "base64")
	}
	w.WriteHeader(http.StatusOK)

	s := &subscriber{
		h: h, w: w, ctl: http.NewResponseController(w), rd: rd,
		room: h.rooms.Enter(rd.ID()), echoed: q.cursor, greet: true,
	}
	defer h.rooms.Leave(rd.ID())
	s.run(r)
	// The end of the response is written after this, and gets time of its own.
	s.ctl.SetWriteDeadline(time.Now().Add(h.opts.WriteTimeout))
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

// run sends until there is a reason to end the response. By then nothing can be
// told to the client but by ending it.
func (s *subscriber) run(r *http.Request) {
	keepAlive := time.NewTicker(s.h.opts.KeepAlive)
	defer keepAlive.Stop()
	var reconnect <-chan time.Time
	if d := s.h.opts.Reconnect; d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		reconnect = t.C
	}
	for {
		// Taken before the look, so that no change in between is missed.
		changed := s.rd.Changed()
		p, err := s.rd.Peek()
		if err != nil {
			return // deleted or expired
		}
		if p.Len() > 0 || p.EOF || s.greet {
			if s.send(p) != nil || p.EOF {
				return
			}
			keepAlive.Reset(s.h.opts.KeepAlive)
		}
		if !p.UpToDate && r.Context().Err() == nil && !s.h.isDraining() {
			continue
		}
		select {
		case <-changed:
		case <-keepAlive.C:
			if s.write(sse.AppendComment(nil)) != nil {
				return
			}
		case <-s.h.draining.Done():
			s.send(p.Rest())
			return
		case <-reconnect:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// send writes the events of one page in one piece, and moves on.
func (s *subscriber) send(p *stream.Page) error {
	s.cursor = s.nextCursor()
	frame, err := s.room.Frame(sse.Key{
		From: int64(p.From), To: int64(p.To),
		UpToDate: p.UpToDate, Closed: p.EOF, Cursor: int64(s.cursor),
	}, func() ([]byte, error) { return s.encode(p) })
	if err != nil {
		s.h.log.Debug().Err(err).Msg("an SSE connection was ended")
		return err
	}
	s.rd.Skip(p)
	s.greet = false
	return s.write(frame)
}

// nextCursor is the current interval, which subscribers share, unless the client
// came back with a later one; then it stays ahead of that until time catches up.
func (s *subscriber) nextCursor() stream.Cursor {
	if s.greet {
		return stream.NextCursor(time.Now(), s.echoed)
	}
	return max(s.cursor, stream.CurrentCursor(time.Now()))
}

func (s *subscriber) encode(p *stream.Page) ([]byte, error) {
	next := p.To.String()
	var frame []byte
	if p.Len() > 0 {
		if err := s.rd.Take(p); err != nil {
			return nil, err
		}
		defer p.Close()
		payload, err := inMemory(p.Pieces)
		if err != nil {
			return nil, err
		}
		frame = sse.AppendEvent(frame, encodings[p.Format], next, payload...)
	}
	return sse.AppendControl(frame, sse.Control{
		Next: next, Cursor: s.cursor.String(), UpToDate: p.UpToDate, Closed: p.EOF,
	}), nil
}

var encodings = map[stream.Format]sse.Encoding{
	stream.Binary: sse.Base64,
	stream.Text:   sse.Text,
	stream.JSON:   sse.JSON,
}

// inMemory returns the bytes of pieces, reading those that are in files.
func inMemory(pieces []store.Piece) ([][]byte, error) {
	out := make([][]byte, len(pieces))
	for i, p := range pieces {
		b, err := p.Bytes()
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

// write sends one ready piece. A client that does not accept it in time loses
// the connection and comes back where it was.
func (s *subscriber) write(b []byte) error {
	if err := s.ctl.SetWriteDeadline(time.Now().Add(s.h.opts.WriteTimeout)); err != nil {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.ctl.Flush()
}
