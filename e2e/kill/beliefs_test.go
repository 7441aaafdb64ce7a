package kill_test

import (
	"math/rand/v2"
	"sync"

	"github.com/weirstreams/weir/e2e/kill/onestream"
)

// beliefs are what the clients of a history take for the last accepted appends of
// the producers that they share. They are often behind, which makes duplicates
// and gaps.
type beliefs struct {
	mu   sync.Mutex
	last map[string]map[string]onestream.Claim // by stream and producer id
}

func newBeliefs() *beliefs {
	return &beliefs{last: make(map[string]map[string]onestream.Claim)}
}

// choose returns what one of two producers sends: mostly what it should.
func (b *beliefs) choose(stream string, random *rand.Rand) onestream.Claim {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := string(rune('p' + random.IntN(2)))
	last, known := b.last[stream][id]
	if !known {
		last = onestream.Claim{ID: id, Seq: -1}
	}
	next := last
	next.Seq++
	switch n := random.IntN(20); {
	case n < 12:
		return next
	case n < 15 && known:
		return last
	case n < 17:
		next.Seq++
		return next
	case n < 18:
		return onestream.Claim{ID: id, Epoch: last.Epoch + 1}
	case n < 19:
		return onestream.Claim{ID: id, Epoch: last.Epoch + 1, Seq: 1}
	default:
		return onestream.Claim{ID: id, Epoch: max(0, last.Epoch-1), Seq: next.Seq}
	}
}

// learn takes note of an accepted append.
func (b *beliefs) learn(r onestream.Request, a onestream.Answer) {
	if r.Claim.ID == "" || a.Status != 200 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last[r.Stream] == nil {
		b.last[r.Stream] = make(map[string]onestream.Claim)
	}
	last, known := b.last[r.Stream][r.Claim.ID]
	if !known || r.Claim.Epoch > last.Epoch || r.Claim.Epoch == last.Epoch && r.Claim.Seq > last.Seq {
		b.last[r.Stream][r.Claim.ID] = r.Claim
	}
}
