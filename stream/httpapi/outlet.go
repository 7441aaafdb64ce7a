package httpapi

import (
	"net/http"
	"time"

	"github.com/weirstreams/weir/sse"
	"github.com/weirstreams/weir/stream"
)

// On plain HTTP/1.1, which is how proxies talk to the server, the connection of a
// subscriber is taken over from net/http: one that waits then costs neither a
// goroutine nor buffers, and one goroutine writes to all that read a stream. With
// TLS and HTTP/2 a subscriber writes its own response.

// seatable returns the connection of a request if it can be taken over. The
// response must be in chunked coding, which HTTP/1.0 does not know.
func seatable(r *http.Request) *conn {
	if !r.ProtoAtLeast(1, 1) {
		return nil
	}
	return connOf(r)
}

// takeSeat sends the header and takes over the connection. It returns when the
// subscriber has caught up; the connection lives on.
func (s *subscriber) takeSeat(w http.ResponseWriter, c *conn) {
	set(w.Header(), hConnection, "close")
	w.WriteHeader(http.StatusOK)
	_, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		c.TCPConn.SetReadDeadline(time.Time{})
		err = s.room.Seat(c.TCPConn, s, int64(s.rd.Pos()))
	}
	if err != nil {
		s.h.log.Debug().Err(err).Msg("an SSE connection was ended")
		c.Close()
		s.Over()
	}
}

// CatchUp implements sse.Reader.
func (s *subscriber) CatchUp(seat *sse.Seat, rest []byte) {
	if !s.greet {
		s.rd.Seek(stream.Offset(seat.At))
		s.cursor = stream.Cursor(seat.Cursor)
		s.term = seat.Term
		s.rd.Limit(maxCaughtUp)
	}
	timeout := s.h.opts.WriteTimeout
	out := &seated{seat, timeout}
	more := s.written(seat.Write(rest, timeout)) == nil
	for more {
		if more = s.catchUp(out); !more {
			break
		}
		seat.At, seat.Cursor, seat.Term = int64(s.rd.Pos()), int64(s.cursor), s.term
		if s.room.Take(seat, s.feed) {
			return
		}
	}
	seat.End()
}

// feed is what the room reads from where the subscriber stands, who has everything.
func (s *subscriber) feed() sse.Feed {
	return &feed{h: s.h, room: s.room, rd: s.rd.Clone()}
}

// seated is the outlet of a connection that was taken over.
type seated struct {
	seat    *sse.Seat
	timeout time.Duration
}

func (o *seated) send(b *sse.Batch, cursor stream.Cursor) error {
	o.seat.Cursor = int64(cursor)
	return o.seat.Send(b, o.timeout)
}

func (o *seated) left() bool { return o.seat.Gone() }

// respond sends by way of the response, until there is a reason to end it.
func (s *subscriber) respond(w http.ResponseWriter, r *http.Request) {
	out := &response{w: w, r: r, ctl: http.NewResponseController(w), timeout: s.h.opts.WriteTimeout}
	// The end of the response is written after this, and gets time of its own.
	defer out.extend()
	keepAlive := time.NewTimer(s.h.opts.KeepAlive)
	defer keepAlive.Stop()
	draining := s.h.drain.begun
	end := time.NewTimer(forEver)
	defer end.Stop()
	if !s.term.Until.IsZero() {
		end.Reset(time.Until(s.term.Until))
	}
	for {
		// Taken before the look, so that no change in between is missed.
		changed := s.rd.Changed()
		if !s.catchUp(out) {
			return
		}
		keepAlive.Reset(s.h.opts.KeepAlive)
		select {
		case <-changed:
		case <-keepAlive.C:
			if s.written(out.write(sse.AppendComment(nil))) != nil {
				return
			}
		case <-draining:
			draining = nil
			s.term.Depart(s.h.drain.departure)
			end.Reset(time.Until(s.term.Until))
		case <-end.C:
			if !s.h.isDraining() {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// forEver is longer than any connection lasts.
const forEver = 100 * 365 * 24 * time.Hour

// response is the outlet of a response that net/http writes.
type response struct {
	w       http.ResponseWriter
	r       *http.Request
	ctl     *http.ResponseController
	timeout time.Duration
	scratch []byte
}

func (o *response) send(b *sse.Batch, cursor stream.Cursor) error {
	return o.write(b.FrameFor(int64(cursor), &o.scratch))
}

func (o *response) left() bool { return o.r.Context().Err() != nil }

// write sends one ready piece. A client that does not accept it in time loses the
// connection and comes back where it was.
func (o *response) write(p []byte) error {
	if err := o.extend(); err != nil {
		return err
	}
	if _, err := o.w.Write(p); err != nil {
		return err
	}
	return o.ctl.Flush()
}

// extend gives the next write its time.
func (o *response) extend() error { return o.ctl.SetWriteDeadline(time.Now().Add(o.timeout)) }
