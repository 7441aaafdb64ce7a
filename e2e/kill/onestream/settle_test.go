package onestream_test

import (
	"math/rand/v2"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/weirstreams/weir/e2e/kill/onestream"
)

// TestSettleKeepsTheVerdict makes small random histories, honest ones and ones
// with a wrong answer, and wants the same verdict before and after.
func TestSettleKeepsTheVerdict(t *testing.T) {
	verdicts := make(map[bool]int)
	for seed := range uint64(1500) {
		random := rand.New(rand.NewPCG(seed, 0))
		h := honestHistory(random)
		honest := seed%2 == 0
		if !honest {
			spoil(h, random)
		}
		want := porcupine.CheckOperations(onestream.Model, h)
		got := porcupine.CheckOperations(onestream.Model, onestream.Settle(h))
		if got != want || honest && !want {
			t.Fatalf("seed %d, honest %t: got linearizable %t, want %t:\n%s", seed, honest, got, want, onestream.Print(h))
		}
		verdicts[want]++
	}
	if verdicts[true] < 500 || verdicts[false] < 300 {
		t.Errorf("got verdicts %v, want many of both", verdicts)
	}
}

// honestHistory lets a stream answer requests one by one, at instants that lie
// somewhere in each operation. Some answers are lost, of requests that were
// carried out and of others.
func honestHistory(random *rand.Rand) history {
	var h history
	var s onestream.State
	const instants, spread = 10, 25
	n := 3 + random.IntN(5)
	for i := range n {
		r := randomRequest(random, string(rune('a'+i)))
		at := int64((i + 3) * instants)
		lost := random.IntN(3) == 0
		if lost && random.IntN(2) == 0 {
			h.lost(at-random.Int64N(spread), r)
			continue
		}
		answered, next := s.Apply(r)
		s = next
		if lost {
			h.lost(at-random.Int64N(spread), r)
			continue
		}
		h.op(at-random.Int64N(spread), at+random.Int64N(spread), r, answered)
	}
	end := int64((n+3)*instants + spread)
	last, _ := s.Apply(read(0))
	h.op(end, end+1, read(0), last)
	return h
}

func randomRequest(random *rand.Rand, body string) request {
	switch random.IntN(8) {
	case 0:
		return closes
	case 1:
		return request{Kind: onestream.Head}
	case 2:
		return read(0)
	case 3:
		return request{Body: body, Close: true}
	case 4, 5:
		return claimed(body, claim{ID: "p", Epoch: random.IntN(2), Seq: random.IntN(3)})
	default:
		return write(body)
	}
}

// spoil makes one answer a wrong one, most of the time.
func spoil(h history, random *rand.Rand) {
	op := &h[random.IntN(len(h))]
	a := op.Output.(answer)
	switch {
	case a.Lost:
		return
	case a.Body != "" && random.IntN(2) == 0:
		a.Body = a.Body[1:]
	case random.IntN(2) == 0:
		a.Closed = !a.Closed
	default:
		a.Tail++
	}
	op.Output = a
}
