package onestream

import (
	"fmt"
	"net/http"
)

// Producers is how many producer ids a history may use.
const Producers = 3

// State is a stream. It is comparable, so that porcupine can tell states apart.
type State struct {
	bytes  string
	closed bool
	by     Claim // the producer's append that closed it, if one did
	// known holds the last accepted append of each producer, in the order in which
	// they first came; unused places have no ID.
	known [Producers]Claim
}

// Apply returns the answer to a request and the state after it.
func (s State) Apply(r Request) (Answer, State) {
	switch {
	case r.Kind == Read:
		return s.read(r), s
	case r.Kind == Head:
		return Answer{Status: http.StatusOK, Tail: s.tail(), Closed: s.closed}, s
	case s.closed:
		return s.refuseClosed(r), s
	}
	if r.Claim.ID != "" {
		if refusal, refused := s.judge(r.Claim); refused {
			return refusal, s
		}
	}
	return s.accept(r)
}

func (s State) tail() int64 { return int64(len(s.bytes)) }

func (s State) read(r Request) Answer {
	if r.From > s.tail() {
		return Answer{Status: http.StatusBadRequest}
	}
	return Answer{Status: http.StatusOK, Tail: s.tail(), Closed: s.closed, Body: s.bytes[r.From:]}
}

// refuseClosed: a closed stream accepts only the closure it has.
func (s State) refuseClosed(r Request) Answer {
	a := Answer{Status: http.StatusConflict, Tail: s.tail(), Closed: true}
	switch {
	case r.Claim.ID == "" && r.Body == "":
		a.Status = http.StatusNoContent
	case r.Claim.ID != "" && r.Claim == s.by:
		a.Status, a.Epoch, a.Seq = http.StatusNoContent, r.Claim.Epoch, r.Claim.Seq
	}
	return a
}

// judge is the table of idempotent producers: what is no new append, and how it
// is answered.
func (s State) judge(c Claim) (a Answer, refused bool) {
	last, known := s.last(c.ID)
	gap := func(expected int) Answer {
		return Answer{Status: http.StatusConflict, Expected: expected, Received: c.Seq}
	}
	switch {
	case !known && c.Seq != 0:
		return gap(0), true
	case !known:
		return Answer{}, false
	case c.Epoch < last.Epoch:
		return Answer{Status: http.StatusForbidden, Epoch: last.Epoch}, true
	case c.Epoch > last.Epoch && c.Seq != 0:
		return Answer{Status: http.StatusBadRequest}, true
	case c.Epoch > last.Epoch:
		return Answer{}, false
	case c.Seq <= last.Seq:
		return Answer{Status: http.StatusNoContent, Tail: s.tail(), Epoch: c.Epoch, Seq: last.Seq}, true
	case c.Seq > last.Seq+1:
		return gap(last.Seq + 1), true
	default:
		return Answer{}, false
	}
}

func (s State) accept(r Request) (Answer, State) {
	s.bytes += r.Body
	if r.Close {
		s.closed, s.by = true, r.Claim
	}
	if r.Claim.ID != "" {
		s.remember(r.Claim)
	}
	return r.accepted(s.tail()), s
}

// accepted returns the answer to an append that is carried out and ends there.
func (r Request) accepted(end int64) Answer {
	a := Answer{Status: http.StatusNoContent, Tail: end, Closed: r.Close}
	if r.Claim.ID != "" {
		a.Epoch, a.Seq = r.Claim.Epoch, r.Claim.Seq
		if r.Body != "" {
			a.Status = http.StatusOK
		}
	}
	return a
}

func (s *State) last(id string) (Claim, bool) {
	for _, c := range s.known {
		if c.ID == id {
			return c, true
		}
	}
	return Claim{}, false
}

// remember replaces what is known of the producer. One more than Producers would
// not be remembered, which the history's maker must not ask for.
func (s *State) remember(c Claim) {
	for i := range s.known {
		if s.known[i].ID == c.ID || s.known[i].ID == "" {
			s.known[i] = c
			return
		}
	}
}

func (s State) String() string {
	return fmt.Sprintf("%q closed %t producers %v", s.bytes, s.closed, s.known)
}
