package onestream_test

import (
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/weirstreams/weir/e2e/kill/onestream"
)

type (
	request = onestream.Request
	answer  = onestream.Answer
	claim   = onestream.Claim
)

// history is written by hand: each operation begins and ends where the test says.
type history []porcupine.Operation

func (h *history) op(call, ret int64, r request, a answer) {
	*h = append(*h, porcupine.Operation{ClientId: len(*h), Input: r, Output: a, Call: call, Return: ret})
}

// lost is an operation that was begun and never answered.
func (h *history) lost(call int64, r request) {
	h.op(call, onestream.Never, r, answer{Lost: true})
}

func write(body string) request            { return request{Body: body} }
func claimed(body string, c claim) request { return request{Body: body, Claim: c} }
func read(from int64) request              { return request{Kind: onestream.Read, From: from} }

func ok(tail int64) answer { return answer{Status: 204, Tail: tail} }
func accepted(tail int64, c claim) answer {
	return answer{Status: 200, Tail: tail, Epoch: c.Epoch, Seq: c.Seq}
}
func known(tail int64, c claim) answer {
	return answer{Status: 204, Tail: tail, Epoch: c.Epoch, Seq: c.Seq}
}
func content(body string, tail int64) answer { return answer{Status: 200, Tail: tail, Body: body} }

var (
	first  = claim{ID: "p"}
	second = claim{ID: "p", Seq: 1}
	third  = claim{ID: "p", Seq: 2}
	closes = request{Close: true}
	closed = answer{Status: 409, Tail: 1, Closed: true}
)

// impossible are histories that no correct server gives.
var impossible = map[string]func(*history){
	"an append is lost": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.op(2, 3, read(0), content("", 0))
	},
	"an append is repeated": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.op(2, 3, read(0), content("aa", 2))
	},
	"an append without an answer is there twice": func(h *history) {
		h.lost(0, write("a"))
		h.op(2, 3, read(0), content("aa", 2))
	},
	"a read is older than one before it": func(h *history) {
		h.op(0, 9, write("a"), ok(1))
		h.op(1, 2, read(0), content("a", 1))
		h.op(3, 4, read(0), content("", 0))
	},
	"a read is older than an acknowledgement": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.op(2, 3, write("b"), ok(2))
		h.op(4, 5, read(0), content("a", 1))
	},
	"appends change places": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.op(2, 3, write("b"), ok(2))
		h.op(4, 5, read(0), content("ba", 2))
	},
	"an offset is used again": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.op(2, 3, write("b"), ok(1))
	},
	"an append is accepted after a close": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.op(2, 3, closes, answer{Status: 204, Tail: 1, Closed: true})
		h.op(4, 5, write("b"), ok(2))
	},
	"a closed stream opens again": func(h *history) {
		h.op(2, 3, closes, answer{Status: 204, Closed: true})
		h.op(4, 5, request{Kind: onestream.Head}, answer{Status: 200})
	},
	"a stream is closed by nobody": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.op(2, 3, write("b"), closed)
	},
	"a close without an answer loses its last append": func(h *history) {
		h.lost(0, request{Body: "a", Close: true})
		h.op(2, 3, read(0), answer{Status: 200, Closed: true})
	},
	"a duplicate is applied": func(h *history) {
		h.op(0, 1, claimed("a", first), accepted(1, first))
		h.op(2, 3, claimed("b", first), known(2, first))
		h.op(4, 5, read(0), content("ab", 2))
	},
	"a duplicate is accepted as new": func(h *history) {
		h.op(0, 1, claimed("a", first), accepted(1, first))
		h.op(2, 3, claimed("b", first), accepted(2, first))
	},
	"a lost producer append and its retry are both applied": func(h *history) {
		h.lost(0, claimed("a", first))
		h.op(2, 3, claimed("b", first), accepted(2, first))
		h.op(4, 5, read(0), content("ab", 2))
	},
	"what is called a duplicate was never applied": func(h *history) {
		h.lost(0, claimed("a", first))
		h.op(2, 3, claimed("b", first), known(0, first))
		h.op(4, 5, read(0), content("", 0))
	},
	"a gap is accepted": func(h *history) {
		h.op(0, 1, claimed("a", first), accepted(1, first))
		h.op(2, 3, claimed("b", third), accepted(2, third))
	},
	"a producer is forgotten": func(h *history) {
		h.op(0, 1, claimed("a", first), accepted(1, first))
		h.op(2, 3, claimed("b", second), answer{Status: 409, Received: 1})
	},
	"a fenced producer goes on": func(h *history) {
		epoch := claim{ID: "p", Epoch: 1}
		h.op(0, 1, claimed("a", first), accepted(1, first))
		h.op(2, 3, claimed("b", epoch), accepted(2, epoch))
		h.op(4, 5, claimed("c", second), accepted(3, second))
	},
	"a crash takes back what a reader was shown": func(h *history) {
		h.lost(0, write("a"))
		h.op(1, 2, read(0), content("a", 1))
		h.op(3, 4, read(0), content("", 0))
	},
	"HEAD names a tail that was not": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.op(2, 3, request{Kind: onestream.Head}, answer{Status: 200, Tail: 2})
	},
	"a server error": func(h *history) {
		h.op(0, 1, write("a"), answer{Status: 500})
	},
}

// possible are histories that a correct server may give.
var possible = map[string]func(*history){
	"concurrent appends in either order": func(h *history) {
		h.op(0, 5, write("a"), ok(2))
		h.op(0, 5, write("b"), ok(1))
		h.op(6, 7, read(0), content("ba", 2))
	},
	"a read during an append": func(h *history) {
		h.op(0, 5, write("a"), ok(1))
		h.op(1, 2, read(0), content("", 0))
		h.op(3, 4, read(0), content("a", 1))
	},
	"an append without an answer never happens": func(h *history) {
		h.lost(0, write("a"))
		h.op(2, 3, read(0), content("", 0))
		h.op(4, 5, write("b"), ok(1))
		h.op(6, 7, read(0), content("b", 1))
	},
	"an append without an answer happens late": func(h *history) {
		h.lost(0, write("a"))
		h.op(2, 3, read(0), content("", 0))
		h.op(4, 5, read(0), content("a", 1))
	},
	"a producer's append without an answer, and its retry": func(h *history) {
		h.lost(0, claimed("a", first))
		h.op(2, 3, claimed("b", first), known(1, first))
		h.op(4, 5, claimed("c", second), accepted(2, second))
		h.op(6, 7, read(0), content("ac", 2))
	},
	"a retry of what never happened": func(h *history) {
		h.lost(0, claimed("a", first))
		h.op(2, 3, claimed("b", first), accepted(1, first))
		h.op(4, 5, read(0), content("b", 1))
	},
	"a new epoch, and the old one refused": func(h *history) {
		epoch := claim{ID: "p", Epoch: 1}
		h.op(0, 1, claimed("a", first), accepted(1, first))
		h.op(2, 3, claimed("b", claim{ID: "p", Epoch: 1, Seq: 1}), answer{Status: 400})
		h.op(2, 3, claimed("b", epoch), accepted(2, epoch))
		h.op(4, 5, claimed("c", second), answer{Status: 403, Epoch: 1})
	},
	"a producer closes, and repeats it": func(h *history) {
		r := request{Body: "a", Close: true, Claim: first}
		h.op(0, 1, r, answer{Status: 200, Tail: 1, Closed: true})
		h.op(2, 3, request{Body: "b", Close: true, Claim: first}, answer{Status: 204, Tail: 1, Closed: true})
		h.op(4, 5, write("c"), closed)
	},
	"a close without an answer": func(h *history) {
		h.op(0, 1, write("a"), ok(1))
		h.lost(2, closes)
		h.op(3, 4, write("b"), ok(2))
		h.op(5, 6, write("c"), answer{Status: 409, Tail: 2, Closed: true})
		h.op(7, 8, closes, answer{Status: 204, Tail: 2, Closed: true})
		h.op(9, 10, read(0), answer{Status: 200, Tail: 2, Closed: true, Body: "ab"})
	},
	"two streams": func(h *history) {
		h.op(0, 1, request{Stream: "x", Body: "a"}, ok(1))
		h.op(2, 3, request{Stream: "y", Body: "a"}, ok(1))
	},
}

func TestImpossibleHistories(t *testing.T) {
	for name, write := range impossible {
		wantVerdict(t, name, write, false)
	}
}

func TestPossibleHistories(t *testing.T) {
	for name, write := range possible {
		wantVerdict(t, name, write, true)
	}
}

// wantVerdict wants the same of a history as it is and of it settled.
func wantVerdict(t *testing.T, name string, write func(*history), want bool) {
	t.Helper()
	var h history
	write(&h)
	if got := porcupine.CheckOperations(onestream.Model, h); got != want {
		t.Errorf("%s: got linearizable %t, want %t:\n%s", name, got, want, onestream.Print(h))
	}
	settled := onestream.Settle(h)
	if got := porcupine.CheckOperations(onestream.Model, settled); got != want {
		t.Errorf("%s, settled: got linearizable %t, want %t:\n%s", name, got, want, onestream.Print(settled))
	}
}
