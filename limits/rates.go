package limits

import (
	"sync"
	"time"
)

// Rates limits how often each of many clients may do something. All have the same
// limit: a steady number of times a second, and a burst after a quiet spell. A nil
// *Rates sets no limit. Its methods may be called at once from many goroutines.
//
// A client is remembered as long as its budget is not full again. When there are
// more such clients than there is room for, some are forgotten, and have a full
// budget when they come back.
type Rates struct {
	every time.Duration // from one request to the next
	burst time.Duration // how far ahead of the clock a client may be
	most  int           // clients remembered in a shard

	shards [rateShards]rateShard
}

const rateShards = 16

// rateShard has, for each client, the instant at which its budget is full again
// (the virtual scheduling algorithm of ITU-T I.371, known as GCRA). Instants are
// counted from the first use of the shard.
type rateShard struct {
	mu    sync.Mutex // guards what follows
	since time.Time
	full  map[uint64]time.Duration
}

// NewRates returns a limit of perSecond requests a second for each client, of which
// burst may come at once; a burst below one means one second's worth. Up to clients
// are remembered, of some 16 bytes each and as much for the table. perSecond of
// zero or less means no limit.
func NewRates(perSecond, burst, clients int) *Rates {
	if perSecond <= 0 {
		return nil
	}
	if burst < 1 {
		burst = perSecond
	}
	every := max(time.Second/time.Duration(perSecond), 1)
	return &Rates{
		every: every,
		burst: time.Duration(burst) * every,
		most:  max(clients/rateShards, 1),
	}
}

// Allow takes one request from the budget of a client and reports whether there was
// one to take. If not, nothing is taken, and retryAfter is how long it lasts until
// there is one again; it is more than zero.
func (r *Rates) Allow(client uint64) (retryAfter time.Duration, ok bool) {
	if r == nil {
		return 0, true
	}
	s := &r.shards[client%rateShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full == nil {
		s.since, s.full = time.Now(), make(map[uint64]time.Duration)
	}
	now := time.Since(s.since)
	full, known := s.full[client]
	if !known && len(s.full) >= r.most {
		s.makeRoom(now, r.most)
	}
	next := max(full, now) + r.every
	if over := next - now - r.burst; over > 0 {
		return over, false
	}
	s.full[client] = next
	return 0, true
}

// makeRoom forgets all whose budget is full, and, when there are too few of them,
// some others: a map is gone through in no particular order.
func (s *rateShard) makeRoom(now time.Duration, most int) {
	for client, full := range s.full {
		if full <= now {
			delete(s.full, client)
		}
	}
	const share = 8 // so that this is not done for each client
	for client := range s.full {
		if len(s.full) < most-most/share {
			return
		}
		delete(s.full, client)
	}
}
