package kill_test

import (
	"net/http"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// create makes the slot's next stream, by itself or as a fork. It returns nil
// when there is none: the run is over, or the source was deleted meanwhile.
func (s *slot) create() *incarnation {
	if s.rand.IntN(3) == 0 {
		if source := s.pickSource(); source != nil {
			return s.fork(source)
		}
	}
	return s.createNew(s.add(s.name, s.kind, nil, nil), nil, 0)
}

// pickSource chooses a stream to fork.
func (s *slot) pickSource() *incarnation {
	s.mu.Lock()
	defer s.mu.Unlock()
	var candidates []*incarnation
	for _, i := range s.live {
		if i.Live() && !i.deleting {
			candidates = append(candidates, i)
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	return candidates[s.rand.IntN(len(candidates))]
}

// fork forks the source where the first page of it ends, or its tail is, right
// now: often in bytes that no checkpoint has seen.
func (s *slot) fork(source *incarnation) *incarnation {
	page, _, err := s.ask(wire.Request{Method: http.MethodGet, Stream: source.name + "?offset=-1"}, nil)
	if err != nil || page.Status != http.StatusOK {
		return nil // its readers judge that
	}
	inherited, err := source.Kind().FromPage(page.Body)
	at, err2 := wire.Position(page.Offset())
	if err != nil || err2 != nil || at != int64(len(inherited)) {
		s.broken(source, "page to fork at: got %d bytes to %q (%v)", len(inherited), page.Offset(), err)
		return nil
	}
	// A fork has its source's kind, so a name that was used before must be left to
	// keep kinds apart.
	s.rename()
	s.kind = source.Kind()
	i := s.add(s.name, s.kind, inherited, source)
	if i == nil {
		return nil
	}
	return s.createNew(i, wire.Header{
		"Stream-Forked-From": "/v1/stream/" + source.name,
		"Stream-Fork-Offset": page.Offset(),
	}, at)
}

// createNew sends the request until it is answered. In one case of two it brings
// a first append, which begins at base.
func (s *slot) createNew(i *incarnation, header wire.Header, base int64) *incarnation {
	r := wire.Request{Method: http.MethodPut, Stream: i.name, Header: wire.Header{"Content-Type": i.Kind().ContentType()}}
	for name, value := range header {
		r.Header[name] = value
	}
	first := ledger.Append{ID: ledger.ID{Writer: i.writer("creator")}, Parts: 1 + s.rand.IntN(3), Pad: 5}
	withBody := s.rand.IntN(2) == 0
	end := base
	sent := func() {}
	if withBody {
		sent = func() { i.Sent(first.ID) }
		r.Body = i.Kind().Body(first)
		end += int64(len(i.Kind().Stored(first)))
	}
	if !s.put(i, r, end, sent) {
		return nil
	}
	if withBody {
		i.Acked(first.ID, end)
	}
	i.Created()
	return i
}

// put asks until there is an answer, which must name the tail of a new stream.
func (s *slot) put(i *incarnation, r wire.Request, end int64, sent func()) (created bool) {
	for doubt := false; ; doubt = true {
		resp, era, err := s.ask(r, sent)
		switch {
		case s.ends(err):
			return false
		case err != nil:
			continue
		case resp.Status == http.StatusCreated, resp.Status == http.StatusOK && doubt:
			if at, err := wire.Position(resp.Offset()); err != nil || at != end {
				s.broken(i, "PUT answered %d: got offset %q, want position %d", resp.Status, resp.Offset(), end)
				return false
			}
			era.acked()
			return true
		case i.source != nil && i.source.MayBeGone() && isSourceGone(resp):
			s.abandon(i)
			return false
		}
		s.broken(i, "PUT (perhaps again: %t): got status %d: %s", doubt, resp.Status, resp.Body)
		return false
	}
}

func isSourceGone(resp wire.Response) bool {
	slug := problem(resp)
	return slug == "fork-source-not-found" || slug == "fork-source-gone"
}

// abandon gives up a fork that was never made: its name must not be found.
func (s *slot) abandon(i *incarnation) {
	i.DeleteSent()
	i.Deleted()
	s.mu.Lock()
	s.tally.forks--
	s.mu.Unlock()
	s.remove(i, true)
	s.rename()
}
