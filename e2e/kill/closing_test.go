package kill_test

import (
	"maps"
	"net/http"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// closure is one way to close: alone or with a last append, by a producer or by
// anybody.
type closure struct {
	with     *ledger.Append
	producer bool
}

func (c closure) request(i *incarnation) wire.Request {
	r := wire.Request{
		Method: http.MethodPost, Stream: i.name,
		Header: wire.Header{"Stream-Closed": "true", "Content-Type": i.Kind().ContentType()},
	}
	if c.with != nil {
		r.Body = i.Kind().Body(*c.with)
	}
	if c.producer {
		maps.Copy(r.Header, claim{id: "closer"}.header())
	}
	return r
}

// sent notes that the request is about to be sent.
func (c closure) sent(i *incarnation) {
	if c.with == nil {
		i.CloseSent(nil)
		return
	}
	i.Sent(c.with.ID)
	i.CloseSent(&c.with.ID)
}

// accepted returns the status of the first answer.
func (c closure) accepted() int {
	if c.producer && c.with != nil {
		return http.StatusOK
	}
	return http.StatusNoContent
}

// close closes the stream and waits until the server has said so. In one case of
// two it then repeats the request, which must be answered alike.
func (s *slot) close(i *incarnation) {
	c := closure{producer: s.rand.IntN(2) == 0}
	if s.rand.IntN(2) == 0 {
		c.with = &ledger.Append{ID: ledger.ID{Writer: i.writer("closer")}, Parts: 2, Pad: 10}
	}
	if !s.closeOnce(i, c, false) {
		return
	}
	s.mu.Lock()
	s.tally.closes++
	s.mu.Unlock()
	if s.rand.IntN(2) == 0 {
		s.closeOnce(i, c, true)
	}
}

// closeOnce asks until it has an answer. again says that the stream is closed
// already, by the same request; it may also be when an answer was lost.
func (s *slot) closeOnce(i *incarnation, c closure, again bool) (goOn bool) {
	doubt := again
	for {
		resp, _, err := s.ask(c.request(i), func() { c.sent(i) })
		switch {
		case s.ends(err):
			return false
		case err != nil:
			doubt = true
			continue
		case resp.Status == c.accepted() && !(again && c.with != nil):
			return s.closed(i, c, resp, true)
		case doubt && c.repeated(resp):
			return s.closed(i, c, resp, false)
		}
		s.broken(i, "close %+v (perhaps again: %t): got status %d: %s", c, doubt, resp.Status, resp.Body)
		return false
	}
}

// repeated reports whether the answer fits a closure that was done before: the
// same producer is told so, and so is one who brings no bytes; others are refused.
func (c closure) repeated(resp wire.Response) bool {
	if c.producer || c.with == nil {
		return resp.Status == http.StatusNoContent
	}
	return problem(resp) == "closed"
}

// closed notes the answer. Only the first one says where the last append ends.
func (s *slot) closed(i *incarnation, c closure, resp wire.Response, first bool) (goOn bool) {
	at, err := wire.Position(resp.Offset())
	if err == nil && resp.Closed() {
		err = i.ClosedAt(at)
	}
	if err != nil || !resp.Closed() {
		s.broken(i, "answer to a close: Stream-Closed %t, %v", resp.Closed(), err)
		return false
	}
	switch {
	case c.with != nil && first:
		i.Acked(c.with.ID, at)
	case c.with != nil:
		i.Repeated(c.with.ID)
	}
	return true
}
